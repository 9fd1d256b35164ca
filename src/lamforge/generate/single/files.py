"""The files of `generate single`, made of its records, and the table of what became of everything that was written."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lamforge.engines.budget import Budget
from lamforge.generate.run_folder import conclude
from lamforge.generate.single.records import STAGES, STYLES, Problem, normalised, rejection

FILES = ("items.jsonl", "trajectories.jsonl", "rejected.jsonl")
COLUMNS = ("verified", *STAGES)  # of the table; how many items passed, and how many failed where


@dataclass
class Singles:
    """What a run left behind."""

    out: Path
    asked: int
    items: int = 0
    table: dict[str, dict[str, float]] = field(default_factory=dict)  # style -> column -> items, and the pass rate
    rejected: dict[str, int] = field(default_factory=dict)  # reason -> items
    tools: dict[str, int] = field(default_factory=dict)  # tool -> calls of it
    executed: int = 0  # items whose calls were executed
    judged: int = 0  # items that judges have seen
    notes: list[str] = field(default_factory=list)
    spent: dict[str, dict[str, Any]] = field(default_factory=dict)  # role -> requests, tokens, cost


def finish(
    out: Path,
    records: list[dict[str, Any]],
    config: dict[str, Any],
    asked: int,
    notes: list[str],
    budget: Budget,
    *,
    complete: bool,
) -> Singles:
    """Writes the files of a run and sums it up.

    Args:
        records: In the order of their strands and rounds; of items with the same query the first is kept.
        complete: Whether the run is at its end; else the same command goes on with it.
    """
    kept, rejected = _distinct(records)
    items = [each["item"] for each in kept]
    summary = Singles(out, asked, len(items), _table(items, rejected), notes=notes)
    for each in rejected:
        summary.rejected[each["reason"]] = summary.rejected.get(each["reason"], 0) + each["entries"]
    summary.tools = dict(sorted(Counter(answer["name"] for item in items for answer in item["answers"]).items()))
    checks = [item["provenance"]["checks"] for item in items]
    summary.executed = sum(each["execution"] == "passed" for each in checks)
    summary.judged = sum(each["semantic"] != "deterministic" for each in checks)
    summary.spent = {role: dict(vars(spent)) for role, spent in sorted(budget.by_role.items())}
    contents = {"items.jsonl": items, "trajectories.jsonl": [each["trajectory"] for each in kept]}
    counts = {name: value for name, value in vars(summary).items() if name != "out"}
    conclude(out, config, {**contents, "rejected.jsonl": rejected}, counts, complete=complete)
    return summary


def _distinct(records: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """(items with their conversations, rejections); strands do not know of each other, so twins are found here."""
    seen: set[str] = set()
    kept, rejected = [], []
    for record in records:
        rejected += record["rejected"]
        for each in record["items"]:
            if (query := normalised(each["item"]["query"])) in seen:
                twin = Problem("duplicate", "query", "an item of another strand has the same query")
                rejected.append(rejection(twin, each["item"]["style"], each["item"]))
            else:
                seen.add(query)
                kept.append(each)
    return kept, rejected


def _table(items: list[dict[str, Any]], rejected: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """APIGen's table (arXiv 2406.18518, table 1), by style: the pass rate is the share of all that was written."""
    rows: dict[str, dict[str, float]] = {style: dict.fromkeys(COLUMNS, 0) for style in STYLES}
    for item in items:
        rows[item["style"]]["verified"] += 1
    for each in rejected:
        rows[each["style"]][each["stage"]] += each["entries"]
    rows = {style: row for style, row in rows.items() if any(row.values())}
    rows["all"] = {column: sum(row[column] for row in rows.values()) for column in COLUMNS}
    for row in rows.values():
        row["pass_rate"] = round(row["verified"] / max(1, sum(row.values())), 4)
    return rows
