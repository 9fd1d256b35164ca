"""The report on a BFCL evaluation: the leaderboard's columns, official and sound, beside those of doing nothing."""

from __future__ import annotations

from markupsafe import Markup

from lamforge.evaluate.bfcl.summary import BfclSummary
from lamforge.evaluate.plot import reliability_plot
from lamforge.evaluate.report import Figure, Report, Table
from lamforge.evaluate.runner import as_text
from lamforge.pages import Bar, bars, words

_EXPLANATION = (
    "Official scores follow the leaderboard's formulas, with categories that were not run counted as 0 in totals. "
    "Sound scores leave out the tasks that no answer solves, give no credit to calls that could not be read, nor to "
    "answers that broke off, and read strings in Java's arrays as Java does. Doing nothing is a model that never calls "
    "anything, or refuses everything. The interval resamples tasks within their categories. Failures of the engine are "
    "never scored."
)
_FIGURES = ("Overall Acc", "Non-Live AST Acc", "Live Acc", "Multi Turn Acc")


def bfcl_report(summary: BfclSummary) -> Report:
    """The report on a summary."""
    planned = summary.tasks * summary.trials
    missing = (
        f"{planned - summary.results} of {planned} answers are missing; the others are scored."
        if not summary.complete
        else ""
    )
    return Report(
        model=summary.model,
        subject=f"BFCL {summary.suite}",
        lead=f"{summary.tasks:,} tasks, {summary.trials} trials each, mode {summary.mode}.",
        missing=missing,
        figures=[_figure(name, summary) for name in _FIGURES],
        tables=[*(_table(name, summary) for name in summary.official), _categories(summary), _effort(summary)],
        made=as_text(summary.made),
        explanation=_EXPLANATION,
        noun="answers",
        plot=reliability_plot(summary.reliability, {}) if summary.reliability else Markup(),
        bars=bars(
            "Right",
            [
                Bar(words(name), [f"{100 * right / total:.1f} %"], [right / total], 1 - right / total)
                for name, (right, total) in summary.counts.items()
                if total
            ],
        ),
    )


def _figure(name: str, summary: BfclSummary) -> Figure:
    own, sound, nothing = (table["Overall"][name] for table in (summary.official, summary.sound, summary.nothing))
    below = [f"sound: {sound}", f"do nothing: {nothing}"]
    if name == "Overall Acc" and summary.overall_interval:
        low, high = (100 * bound for bound in summary.overall_interval)
        below.insert(0, f"95 % interval {low:.2f} to {high:.2f}")
    return Figure(name, "", own.removesuffix("%"), " %" if own.endswith("%") else "", below)


def _table(name: str, summary: BfclSummary) -> Table:
    own, sound, nothing = summary.official[name], summary.sound[name], summary.nothing[name]
    rows = [[column, own[column], sound[column], nothing[column]] for column in own]
    note = ""
    if name == "Overall" and summary.not_run:
        note = f"Not run, and counted as 0 in totals: {', '.join(summary.not_run)}."
    if summary.shortened:
        note += " Only a part of the tasks was run: this is no score of BFCL's."
    return Table(name, ["", "official", "sound", "do nothing"], rows, note.strip())


def _categories(summary: BfclSummary) -> Table:
    rows = []
    for name, (right, total) in summary.counts.items():
        sound = summary.sound_counts.get(name, (0, 0))
        top = ", ".join(f"{kind} {count}" for kind, count in list(summary.errors.get(name, {}).items())[:2])
        rows.append([name, f"{right} of {total}", f"{sound[0]} of {sound[1]}", top])
    return Table("Categories", ["", "official", "sound", "most frequent errors"], rows)


def _effort(summary: BfclSummary) -> Table:
    rows = [[f"seconds of one answer, {name}", f"{value:.2f}"] for name, value in summary.seconds.items()]
    rows += [[f"{name} per task, mean", f"{value:,.1f}"] for name, value in summary.tokens.items()]
    if summary.cost:
        rows += [["cost", f"{summary.cost:.4f}"], ["cost of one task", f"{summary.cost / max(1, summary.results):.6f}"]]
    return Table("Speed, size and cost", ["", ""], rows)
