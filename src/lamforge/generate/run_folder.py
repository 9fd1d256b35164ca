"""The folder of a generation run: whose it is, its final files and its manifest."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lamforge.engines.budget import Budget
from lamforge.errors import DataError, OutputError, UsageError
from lamforge.generate.scripted import identities
from lamforge.journal import write_atomically
from lamforge.messages import canonical_json, file_sha256

FILES = ("tasks-train.jsonl", "tasks-test.jsonl", "trajectories.jsonl", "rejected.jsonl")


@dataclass
class Generated:
    """What a run left behind."""

    out: Path
    asked: int
    train: int = 0
    test: int = 0
    rejected: dict[str, int] = field(default_factory=dict)  # reason -> draws
    shapes: dict[str, int] = field(default_factory=dict)  # shape -> tasks
    trajectories: int = 0
    messages: int = 0
    calls: int = 0
    unused_tools: dict[str, str] = field(default_factory=dict)
    spent: dict[str, dict[str, Any]] = field(default_factory=dict)  # role -> requests, tokens, cost

    @property
    def made(self) -> int:
        """Tasks of both splits."""
        return self.train + self.test


def claim(out: Path, config: dict[str, Any]) -> Generated | None:
    """Makes the folder this run's own; returns the summary if the run is already complete."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"cannot be created: {error.strerror}", where=out, remedy="Choose another --out, or free its place."
        ) from error
    manifest = out / "run.json"
    if not manifest.exists():
        write_atomically(manifest, canonical_json({"config": config, "status": "running"}) + "\n")
        return None
    known = manifest_of(manifest)
    if differing := [key for key in config if known["config"].get(key) != config[key]]:
        raise UsageError(
            f"holds another run (different {', '.join(differing)})", where=out, remedy="Choose another --out."
        )
    if known["status"] != "complete":
        return None
    for name, wanted in known["sha256"].items():
        if not _is_whole(out / name, wanted):
            raise DataError(
                "is not as the run wrote it", where=out / name, remedy="Restore it, or generate into another --out."
            )
    return Generated(out=out, **known["summary"])


def _is_whole(path: Path, sha256: str) -> bool:
    try:
        return file_sha256(path) == sha256
    except OSError:
        return False


def manifest_of(path: Path) -> dict[str, Any]:
    """The content of a run's manifest.

    Raises:
        DataError: if there is none.
    """
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
        read = {"config": dict(known["config"]), "status": known["status"], "summary": known.get("summary")}
        return {**read, "sha256": dict(known.get("sha256") or {})}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError("is not the manifest of a run", where=path, remedy="Choose another --out.") from error


def finish(
    out: Path,
    records: list[dict[str, Any]],
    config: dict[str, Any],
    unused: dict[str, str],
    budget: Budget,
    *,
    complete: bool,
) -> Generated:
    """Writes the final files, each at once, and the manifest last.

    Args:
        records: In the order of their numbers; of tasks that are alike the first is kept.
        complete: Whether the run is at its end; else the same command goes on with it.
    """
    records = _distinct(records)
    summary = _summary(out, records, config, unused)
    summary.spent = {role: dict(vars(spent)) for role, spent in sorted(budget.by_role.items())}
    kept = [record for record in records if record["task"]]
    contents: dict[str, Iterator[Any]] = {
        "tasks-train.jsonl": (r["task"] for r in kept if r["split"] == "train"),
        "tasks-test.jsonl": (r["task"] for r in kept if r["split"] == "test"),
        "trajectories.jsonl": (each for r in kept if r["split"] == "train" for each in r["trajectories"]),
        "rejected.jsonl": (item for r in records for item in r["rejected"]),
    }
    hashes = {name: write_lines(out / name, items) for name, items in contents.items()}
    counts = {name: value for name, value in vars(summary).items() if name != "out"}
    status = "complete" if complete else "running"
    manifest = {"config": config, "status": status, "summary": counts, "sha256": hashes}
    write_atomically(out / "run.json", canonical_json(manifest) + "\n")
    return summary


def _distinct(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    seen: set[str] = set()
    found = []
    for record in records:
        names = identities(record["task"]) if record["task"] else ()
        if seen.intersection(names):
            twin = {"stage": "duplicate", "reason": "duplicate", "task": record["task"]}
            rejected = [*record["rejected"], twin]
            record = {**record, "task": None, "rejected": rejected, "reasons": [*record["reasons"], "duplicate"]}
        seen.update(names)
        found.append(record)
    return found


def _summary(out: Path, records: list[dict[str, Any]], config: dict[str, Any], unused: dict[str, str]) -> Generated:
    summary = Generated(out, config["tasks"] + config["test_tasks"], unused_tools=unused)
    summary.rejected = dict(Counter(reason for record in records for reason in record["reasons"]))
    kept = [record for record in records if record["task"]]
    shapes = (record["task"]["provenance"] for record in kept)
    summary.shapes = dict(Counter(p.get("shape", "recombined" if "made_of" in p else "proposed") for p in shapes))
    summary.train = sum(record["split"] == "train" for record in kept)
    summary.test = len(kept) - summary.train
    for record in kept:
        for trajectory in record["trajectories"] if record["split"] == "train" else ():
            summary.trajectories += 1
            summary.messages += len(trajectory["messages"])
            summary.calls += sum(len(message.get("tool_calls", ())) for message in trajectory["messages"])
    return summary


def write_lines(path: Path, records: Iterable[Any]) -> str:
    """Writes JSON lines at once; returns their SHA-256."""
    digest = hashlib.sha256()

    def lines() -> Iterator[str]:
        for record in records:
            line = json.dumps(record, ensure_ascii=False) + "\n"
            digest.update(line.encode())
            yield line

    write_atomically(path, lines())
    return digest.hexdigest()
