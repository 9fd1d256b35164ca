"""The report on a BFCL evaluation: the leaderboard's columns, official and sound, beside those of doing nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from lamforge.evaluate.bfcl.intervals import Intervals
from lamforge.evaluate.bfcl.summary import TOTALS, BfclSummary, interval_text
from lamforge.evaluate.plot import reliability_plot
from lamforge.evaluate.report import Figure, Report, Table, write_report
from lamforge.evaluate.reports import share_bars
from lamforge.evaluate.results import Result, write_results
from lamforge.evaluate.runner import as_text
from lamforge.evaluate.scores import Share
from lamforge.journal import write_atomically

_EXPLANATION = (
    "Official scores follow the leaderboard's formulas, with categories that were not run counted as 0 in totals. "
    "Sound scores leave out the tasks that no answer solves, give no credit to calls that could not be read, nor to "
    "answers that broke off, and read strings in Java's arrays as Java does. Doing nothing is a model that never calls "
    "anything, or refuses everything. Intervals are of 95 %: they resample tasks within their categories, are exact "
    "binomial bounds where all tasks of a category agree, and say what other tasks of the same kind would have given. "
    "Differences smaller than what is said to be told apart are none; `lamforge eval compare`, which goes task by "
    "task, tells smaller ones. Failures of the engine are never scored."
)
_FIGURES = TOTALS[:4]


def write_evaluation(
    out: Path, summary: BfclSummary, results: Sequence[Result], details: Sequence[dict[str, Any]]
) -> None:
    """Writes results, what people read of each, the summary and the report into a folder.

    Raises:
        OutputError: if it cannot be written.
    """
    write_results(out, results, details)
    write_atomically(out / "summary.json", json.dumps(summary.as_dict(), indent=2) + "\n")
    write_report(out, bfcl_report(summary), results, details)


def bfcl_report(summary: BfclSummary) -> Report:
    """The report on a summary."""
    planned = summary.tasks * summary.trials
    missing = (
        f"{planned - summary.results} of {planned} answers are missing: they are not there, or the engine failed. They "
        "count neither as right nor as wrong and stay in every denominator; ranges are what the figures can still "
        f"become, with all of them wrong or all of them right. {summary.way_out}"
    )
    return Report(
        model=summary.model,
        subject=f"BFCL {summary.suite}, {summary.part.amount}" if summary.part else f"BFCL {summary.suite}",
        lead=f"{summary.tasks:,} tasks, {summary.trials} trial{'s' * (summary.trials > 1)} each, mode {summary.mode}.",
        missing="" if summary.complete else missing,
        part=str(summary.part or ""),
        figures=[_figure(name, summary) for name in _FIGURES if summary.official["Overall"][name] != "N/A"],
        tables=[
            *(_table(name, summary) for name, columns in summary.official.items() if {*columns.values()} != {"N/A"}),
            _categories(summary),
            *_more(summary),
        ],
        made=as_text(summary.made),
        explanation=_EXPLANATION,
        noun="answers",
        plot=reliability_plot(summary.reliability, {}) if summary.trials > 1 else Markup(),
        bars=share_bars(_shares(summary), summary.trials),
    )


def _shares(summary: BfclSummary) -> list[Share]:
    return [
        Share(name, total // summary.trials, right, total - summary.missing.get(name, 0))
        for name, (right, total) in summary.counts.items()
    ]


def _figure(name: str, summary: BfclSummary) -> Figure:
    own, sound, nothing = (table["Overall"][name] for table in (summary.official, summary.sound, summary.nothing))
    spans = [interval_text(summary.interval(name, sound=each)) for each in (False, True)]
    below = [f"sound: {sound}{spans[1]}", f"do nothing: {nothing}"]
    if spans[0]:
        below.insert(0, f"95 % interval{spans[0]}")
    if not summary.complete and "–" in own:
        below.insert(0, "can still lie anywhere in this range")
    if name == "Overall Acc" and (apart := summary.telling()) is not None:
        below.append(f"two models less than {apart:.1f} points apart are not told apart")
    return Figure(name, "", own.removesuffix("%"), " %" if own.endswith("%") else "", below)


def _table(name: str, summary: BfclSummary) -> Table:
    own, sound, nothing = summary.official[name], summary.sound[name], summary.nothing[name]
    rows = [
        [column, value, _span(summary.intervals, name, column), sound[column], nothing[column]]
        for column, value in own.items()
        if value != "N/A"
    ]
    note = ""
    if name == "Overall" and summary.not_run:
        note = f"Not run, and counted as 0 in totals: {', '.join(summary.not_run)}."
    return Table(name, ["", "official", "95 % interval", "sound", "do nothing"], rows, note)


def _span(found: Intervals, table: str, column: str) -> str:
    low, high = found.get(table, {}).get(column, (None, None))
    return "–" if low is None or high is None else f"{100 * low:.2f} to {100 * high:.2f}"


def _categories(summary: BfclSummary) -> Table:
    rows = []
    for name, (right, total) in summary.counts.items():
        sound = summary.sound_counts.get(name, (0, 0))
        lost = [str(summary.missing.get(name, 0))] if summary.missing else []
        rows.append([name, f"{right} of {total}", f"{sound[0]} of {sound[1]}", *lost])
    missing = ["missing"] if summary.missing else []
    return Table("Categories", ["", "official", "sound", *missing], rows)


def _more(summary: BfclSummary) -> list[Table]:
    """The official error types and what it took, where there is something to tell."""
    types = [[kind, f"{count:,}"] for kind, count in summary.error_types().most_common()]
    rows = [[f"seconds of one answer, {name}", f"{value:.2f}"] for name, value in summary.seconds.items()]
    rows += [[f"seconds of one task, {name}", f"{value:.2f}"] for name, value in summary.task_seconds.items()]
    rows += [[f"{name} per task, mean", f"{value:,.1f}"] for name, value in summary.tokens.items()]
    if summary.cost:
        rows += [["cost", f"{summary.cost:.4f}"], ["cost of one task", f"{summary.cost / max(1, summary.results):.6f}"]]
    tables = [Table("Official error types", ["", "answers"], types), Table("Speed, size and cost", ["", ""], rows)]
    return [table for table in tables if table.rows]
