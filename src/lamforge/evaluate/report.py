"""The report of any evaluation: HTML that needs nothing else, and Markdown. What a model wrote reaches them as text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from markupsafe import Markup

from lamforge.error_kinds import ERROR_KINDS
from lamforge.evaluate.results import Result
from lamforge.journal import write_atomically
from lamforge.pages import render_page, shortened

HTML, MARKDOWN = "report.html", "report.md"
_PAGE = Path(__file__).with_name("page") / "report.html"
_ROOM = 48 << 20  # characters of details that one page holds; browsers read them in a second
_LISTED = 50  # errors of the infrastructure that are listed at the top


@dataclass(frozen=True)
class Figure:
    """One number that the report opens with."""

    title: str
    power: str  # what stands raised behind the title, such as the k of pass^k
    number: str
    unit: str
    below: list[str]


@dataclass(frozen=True)
class Table:
    """Numbers in columns; all but the first are right-aligned."""

    title: str
    header: list[str]
    rows: list[list[str]]
    note: str = ""


@dataclass(frozen=True)
class Report:
    """What a report says besides the single results."""

    model: str
    subject: str
    lead: str
    missing: str  # why the numbers must not be quoted; empty for a complete result
    figures: list[Figure]
    tables: list[Table]
    made: dict[str, str]
    explanation: str  # what the numbers mean
    notes: list[str] = field(default_factory=list)  # what has to be known to read the numbers
    part: str = ""  # which part of the suite it is, if it is not the whole
    noun: str = "conversations"  # what the single results are
    plot: Markup = field(default_factory=Markup)
    bars: Markup = field(default_factory=Markup)
    shared: str = ""  # a text that all results have in common, such as the policy
    shared_title: str = ""


def write_report(folder: Path, report: Report, results: Sequence[Result], details: Sequence[dict[str, Any]]) -> None:
    """Writes the report into a folder in both forms.

    Raises:
        OutputError: if it cannot be written.
    """
    write_atomically(folder / HTML, render_report(report, results, details))
    write_atomically(folder / MARKDOWN, render_markdown(report, results))


def render_report(report: Report, results: Sequence[Result], details: Sequence[dict[str, Any]]) -> str:
    """The report as HTML: the numbers, how they were made, and every result to sort, filter and open.

    Args:
        details: What people read of each result, in the same order; empty if there is nothing.
    """
    texts = _within(results, details)
    return render_page(
        _PAGE,
        data={
            "rows": [_row(result) for result in results],
            "details": texts,
            "noun": report.noun,
            "shared": report.shared,
            "shared_title": report.shared_title,
        },
        report=report,
        kinds=error_counts(results),
        failed=sum(result.scored and not result.passed for result in results),
        broken=[result for result in results if not result.scored][:_LISTED],
        more=max(0, sum(not result.scored for result in results) - _LISTED),
        hidden=sum(not text for text in texts),
    )


def render_markdown(report: Report, results: Sequence[Result]) -> str:
    """The numbers as Markdown, for a model card or a pull request."""
    lines = [f"# {_plain(report.model)} on {_plain(report.subject)}", "", _plain(report.lead), ""]
    lines += [*(f"- {_plain(note)}" for note in report.notes), *([""] if report.notes else [])]
    if report.part:
        lines += [f"**PART:** {_plain(report.part)}", ""]
    if report.missing:
        lines += [f"**INCOMPLETE: do not quote these numbers.** {_plain(report.missing)}", ""]
    rows = [
        [f"{each.title}^{each.power}" if each.power else each.title, each.number + each.unit, "; ".join(each.below)]
        for each in report.figures
    ]
    tables = [Table("Scores", ["score", "value", ""], rows), *report.tables]
    if kinds := error_counts(results):
        tables.append(Table("What went wrong", ["kind", "count"], [[name, str(count)] for name, count, _ in kinds]))
    tables.append(Table("How these numbers were made", ["", ""], [list(each) for each in report.made.items()]))
    for table in tables:
        lines += [f"## {_plain(table.title)}", "", *_markdown(table), ""]
    return "\n".join([*lines, report.explanation, ""])


def error_counts(results: Sequence[Result]) -> list[tuple[str, int, str]]:
    """The kinds of error that occurred with their counts and meanings, the most frequent first."""
    counts: dict[str, int] = {}
    for result in results:
        if result.scored and not result.passed and result.kind:
            counts[result.kind] = counts.get(result.kind, 0) + 1
    return sorted(
        ((name, counts[name], why) for name, why in ERROR_KINDS.items() if name in counts), key=lambda k: -k[1]
    )


def _row(result: Result) -> list[Any]:
    """A result as the page's script reads it; the order is the script's."""
    state = "error" if not result.scored else "passed" if result.passed else "failed"
    sound = (
        ""
        if not result.scored or result.sound == result.passed
        else "no answer is right"
        if result.sound is None
        else ("deserves credit" if result.sound else "deserves no credit")
    )
    tokens = result.prompt_tokens + result.completion_tokens
    return [
        result.task_id,
        result.trial + 1,
        result.category,
        state,
        result.kind,
        result.error_type[:100],
        round(result.seconds, 3),
        tokens,
        round(result.cost, 6),
        sound,
        shortened(result.error or result.message, 300, "results.jsonl"),
    ]


def _within(results: Sequence[Result], details: Sequence[dict[str, Any]]) -> list[str]:
    """The details as JSON, as many as there is room for, those of failures first; the others are empty."""
    texts = [""] * len(results)
    room = _ROOM
    places = sorted(range(min(len(details), len(results))), key=lambda place: results[place].passed)
    for place in places:
        text = json.dumps(details[place], ensure_ascii=False, separators=(",", ":"))
        if len(text) > room:
            continue
        room -= len(text)
        texts[place] = text
    return texts


def _markdown(table: Table) -> list[str]:
    header = "| " + " | ".join(map(_cell, table.header)) + " |"
    ruler = "| --- |" + " ---: |" * (len(table.header) - 1)
    note = ["", _plain(table.note)] if table.note else []
    return [header, ruler, *("| " + " | ".join(map(_cell, row)) + " |" for row in table.rows), *note]


def _cell(text: str) -> str:
    return _plain(text).replace("|", "\\|")


def _plain(text: str) -> str:
    """A text on one line that Markdown takes for nothing else."""
    return " ".join(text.split()).replace("<", "&lt;").replace("`", "'")
