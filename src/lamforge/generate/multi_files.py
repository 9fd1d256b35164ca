"""The files of `generate multi`, made of its records, and what is told of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lamforge.engines.budget import Budget
from lamforge.errors import GenerationError
from lamforge.generate.roles import Roles, notes_on
from lamforge.generate.run_folder import conclude
from lamforge.generate.twins import number_of, twins

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
    rules: int = 0  # of the policy, that all conversations were held against
    unused_tools: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    spent: dict[str, dict[str, Any]] = field(default_factory=dict)  # role -> requests, tokens, cost

    @property
    def made(self) -> int:
        """Tasks of both splits."""
        return self.train + self.test


def finish(
    out: Path,
    records: list[dict[str, Any]],
    config: dict[str, Any],
    unused: dict[str, str],
    budget: Budget,
    *,
    complete: bool,
) -> Generated:
    """Writes the files of a run and sums it up.

    Args:
        records: In the order of their numbers; of tasks that are alike the first that was drawn is kept.
        complete: Whether the run is at its end; else the same command goes on with it.
    """
    records = _distinct(records)
    summary = _summary(out, records, config, unused)
    summary.spent = {role: dict(vars(spent)) for role, spent in sorted(budget.by_role.items())}
    kept = [record for record in records if record["task"]]
    contents: dict[str, Iterable[Any]] = {
        "tasks-train.jsonl": (r["task"] for r in kept if r["split"] == "train"),
        "tasks-test.jsonl": (r["task"] for r in kept if r["split"] == "test"),
        "trajectories.jsonl": (each for r in kept if r["split"] == "train" for each in r["trajectories"]),
        "rejected.jsonl": (item for r in records for item in r["rejected"]),
    }
    counts = {name: value for name, value in vars(summary).items() if name != "out"}
    conclude(out, config, contents, counts, complete=complete)
    return summary


def check_made(summary: Generated, config: dict[str, Any]) -> Generated:
    """The summary of a run that is at its end, unless it is a whole one that has nothing to train on.

    Raises:
        GenerationError: with the most frequent reason.
    """
    if config["shard"] == "0/1" and config["tasks"] and not summary.train:
        reason = max(summary.rejected, key=lambda each: summary.rejected[each], default="none is known")
        remedy = "Look into its rejected.jsonl, mend the cause, and choose another --out."
        raise GenerationError(f"no task was made; most frequent reason: {reason}", where=summary.out, remedy=remedy)
    return summary


def _distinct(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found = []
    alike = twins(records)
    for record in records:
        if number_of(record) in alike:
            twin = {"stage": "duplicate", "reason": "duplicate", "task": record["task"]}
            rejected = [*record["rejected"], twin]
            record = {**record, "task": None, "rejected": rejected, "reasons": [*record["reasons"], "duplicate"]}
        found.append(record)
    return found


def _summary(out: Path, records: list[dict[str, Any]], config: dict[str, Any], unused: dict[str, str]) -> Generated:
    asked = config["tasks"] + config["test_tasks"]
    summary = Generated(out, asked, rules=len(config["rules"]), unused_tools=unused)
    summary.notes = notes_on(Roles.model_validate(config["roles"]))
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
