"""What evaluations found, as a model's card tells it: the summary.json of `lamforge eval`, of any suite."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from lamforge.errors import DataError
from lamforge.export.texts import markdown_table, read_object

_KEYS = {"suite", "tasks", "trials", "complete", "reliability"}


def read_summary(path: Path) -> dict[str, Any]:
    """A summary of an evaluation: the file, or the folder that `lamforge eval` wrote it into.

    Raises:
        DataError: if the file is none.
    """
    path = path / "summary.json" if path.is_dir() else path
    value = read_object(path)
    if not value.keys() >= _KEYS:
        raise DataError("is no summary of an evaluation", where=path, remedy="Name the --out of `lamforge eval`.")
    return value


def results_section(summaries: list[dict[str, Any]]) -> str:
    """The part of a card about results, with what doing nothing gets beside each."""
    if not summaries:
        return "## Results\n\nIt was not evaluated when this card was written.\n"
    rows = [row for summary in summaries for row in (_bfcl(summary) if _of_bfcl(summary) else _passes(summary))]
    made = json.dumps([summary.get("made", {}) for summary in summaries], ensure_ascii=False, indent=1)
    return (
        "## Results\n\n"
        + "\n".join(markdown_table(["tasks", "measure", "value, 95 % interval", "doing nothing"], rows))
        + f"\n\n<details><summary>How these numbers were made</summary>\n\n```json\n{made}\n```\n\n</details>\n"
    )


def indexed(summary: dict[str, Any]) -> dict[str, Any]:
    """An evaluation as the hub's index of results has them."""
    if _of_bfcl(summary):
        metrics = [
            {"type": "accuracy", "value": float(value.rstrip("%")), "name": name}
            for name, value in _scores(summary)
            if "–" not in value  # a range, while answers are missing
        ]
    else:
        metrics = [
            {"type": f"pass^{row['k']}", "value": round(row["value"], 4), "name": f"pass^{row['k']}"}
            for row in summary["reliability"]
        ]
    name = _name(summary)
    return {
        "task": {"type": "text-generation", "name": "tool calling"},
        "dataset": {"type": f"lamforge/{name.replace(',', '').replace(' ', '-')}", "name": name},
        "metrics": metrics,
    }


def _of_bfcl(summary: dict[str, Any]) -> bool:
    return "official" in summary


def _name(summary: dict[str, Any]) -> str:
    name = f"BFCL {summary['suite']}" if _of_bfcl(summary) else str(summary["suite"])
    shown = summary.get("made", {}).get("max_tools")
    return f"{name}, at most {shown} tool{'s' * (shown > 1)} shown" if shown else name


def _planned(summary: dict[str, Any]) -> str:
    part = summary.get("part")
    tasks = f"{summary['tasks']} of {part['of']} tasks ({part['how']})" if part else f"{summary['tasks']} tasks"
    return f"{_name(summary)}, {tasks} x {summary['trials']} trials"


def _passes(summary: dict[str, Any]) -> list[list[str]]:
    floors = summary["baselines"].get("do nothing") or [None] * len(summary["reliability"])
    rates = summary.get("rates", [])
    return [
        [f"{_planned(summary)}, {rate['cases']} cases", rate["name"], _estimate(rate["estimate"]), "–"]
        for rate in rates
    ] + [
        [_planned(summary), f"pass^{own['k']}", _estimate(own), f"{100 * floor['at_least']:.1f} %" if floor else "–"]
        for own, floor in zip(summary["reliability"], floors, strict=True)
    ]


def _bfcl(summary: dict[str, Any]) -> list[list[str]]:
    """The leaderboard's columns, by the official rules."""
    what = _planned(summary)
    nothing, intervals = summary["nothing"]["Overall"], summary.get("intervals", {}).get("Overall", {})
    incomplete = "" if summary["complete"] else "incomplete: "
    return [
        [what, name, f"{incomplete}{value}{_interval(intervals.get(name))}", str(nothing[name])]
        for name, value in _scores(summary)
    ]


def _interval(found: list[float] | None) -> str:
    return f" [{100 * found[0]:.2f}, {100 * found[1]:.2f}]" if found else ""


def _scores(summary: dict[str, Any]) -> list[tuple[str, str]]:
    own = summary["official"]["Overall"]
    return [(name, str(own[name])) for name in summary.get("columns", own) if str(own.get(name, "N/A")) != "N/A"]


def _estimate(row: dict[str, Any]) -> str:
    if row["value"] is None or row["low"] is None:
        return f"incomplete: between {100 * row['at_least']:.1f} % and {100 * row['at_most']:.1f} %"
    return f"{100 * row['value']:.1f} % [{100 * row['low']:.1f}, {100 * row['high']:.1f}]"
