"""The folder of a generation run: whose it is, its final files and its manifest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from lamforge.errors import DataError, OutputError, UsageError
from lamforge.generate.calls import CALLS
from lamforge.journal import Journal, write_atomically
from lamforge.messages import canonical_json, file_sha256

JOURNAL = "journal.jsonl"  # in the folder of a run, until it is complete


def claim(out: Path, config: dict[str, Any]) -> dict[str, Any] | None:
    """Makes the folder this run's own; returns the summary if the run is already complete.

    Raises:
        UsageError: if it holds another run, of which something was made.
        OutputError: if it cannot be made, or another process is at work in it.
        DataError: if what it holds is not as a run wrote it.
    """
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
    if known["config"] != config and _nothing_made(out, known):
        write_atomically(manifest, canonical_json({"config": config, "status": "running"}) + "\n")
        return None
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
    return dict(known["summary"])


def _nothing_made(out: Path, known: dict[str, Any]) -> bool:
    """Whether a run has ended before it made or paid for anything, such as one whose endpoint was not there."""
    if known["status"] == "complete" or known["summary"] is not None or not (out / JOURNAL).exists():
        return False
    if any(path.exists() and path.stat().st_size for path in (out / JOURNAL, out / CALLS)):
        return False
    Journal(out / JOURNAL).close()  # fails while the run is at it
    return True


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


def conclude(
    out: Path, config: dict[str, Any], contents: dict[str, Iterable[Any]], summary: dict[str, Any], *, complete: bool
) -> None:
    """Writes the final files, each at once, and the manifest last.

    Args:
        contents: The records of each file, by its name.
        complete: Whether the run is at its end; else the same command goes on with it.
    """
    hashes = {name: write_lines(out / name, records) for name, records in contents.items()}
    write_manifest(out, config, summary, hashes, complete=complete)


def write_manifest(
    out: Path, config: dict[str, Any], summary: dict[str, Any], hashes: dict[str, str], *, complete: bool
) -> None:
    """Says what a run is and what it has left; the last that is written of it.

    Args:
        hashes: SHA-256 of each final file, by its name.
    """
    status = "complete" if complete else "running"
    manifest = {"config": config, "status": status, "summary": summary, "sha256": hashes}
    write_atomically(out / "run.json", canonical_json(manifest) + "\n")


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
