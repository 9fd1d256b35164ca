"""`lamforge report`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lamforge.cli.console import next_step, print_json, summary_table
from lamforge.errors import IncompleteError

if TYPE_CHECKING:
    from lamforge.generate.report import RunSummary
    from lamforge.generate.report.wording import Turns

app = typer.Typer(rich_markup_mode=None, add_completion=False)

_REASONS = 8  # that the table shows


@app.command()
def report(
    run: Annotated[Path, typer.Argument(help="The --out of `lamforge generate`, finished or in progress.")],
    out: Annotated[Path | None, typer.Option(help="The page; by default report.html in RUN.")] = None,
    domain: Annotated[
        str | None, typer.Option(help="The run's own domain, if it is not bundled: its rules are looked at, too.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print all numbers as JSON, alone, on stdout.")] = False,
) -> None:
    """What a run of `generate` made: yield, reasons of rejection, coverage, near-duplicates, cost, on one page."""
    from lamforge.generate.report import domain_of, next_command, open_run, render_run, summarise_run
    from lamforge.journal import write_atomically

    folder = open_run(run)
    summary = summarise_run(folder, domain_of(folder, domain))
    page = out or run / "report.html"
    write_atomically(page, render_run(summary))
    if json:
        print_json({**summary.as_dict(), "report": str(page)})
    else:
        summary_table(f"report of generate {summary.job}", [*_rows(summary), ("report", str(page))])
        next_step(next_command(summary))
    if summary.problems:
        raise IncompleteError(
            f"not everything could be read: {summary.problems[0]}",
            where=run,
            remedy="The report is of the rest, and lists all that is wrong.",
        )


def _rows(summary: RunSummary) -> list[tuple[str, object]]:
    things = "items" if summary.job == "single" else "tasks"
    rows: list[tuple[str, object]] = [("of", summary.source)]
    if summary.running:
        rows.append(("IN PROGRESS", "the numbers are of what is recorded so far"))
    held_out = f", {summary.kept['test']:,} of them held out" if "test" in summary.kept else ""
    rows.append((f"{things} kept", f"{summary.made_in_all:,} of {summary.asked:,} asked for{held_out}"))
    rows.append(("conversations", f"{summary.conversations:,}"))
    if summary.unread:
        rows.append(("critic", summary.unread))
    rows += [("note", note) for note in summary.notes]
    for funnel in summary.funnels:
        rows.append((funnel.title, " > ".join(f"{step.count:,} {step.name}" for step in funnel.steps)))
    rows += [(f"rejected {r.count:,} x", f"{r.stage}: {r.kind}") for r in summary.reasons[:_REASONS]]
    if more := summary.reasons[_REASONS:]:
        rows.append((f"rejected {sum(r.count for r in more):,} x", f"for {len(more)} other reasons"))
    rows += [(f"  went wrong {count:,} x", name.replace("_", " ")) for name, count in summary.error_kinds.items()]
    rows += [("near-duplicates", _near(turns)) for turns in (summary.wording.long, summary.wording.all)]
    rows.append(("tools called", f"{len(summary.tools) - len(summary.unused)} of {len(summary.tools)}"))
    rows += [("never called", f"{tool.name}: {tool.unused}") for tool in summary.unused]
    if summary.rules:
        rows.append(("rules covered", f"{len(summary.rules) - len(summary.uncovered)} of {len(summary.rules)}"))
        rows += [("not covered", rule.sentence) for rule in summary.uncovered]
    if summary.spent:
        rows.append(("cost", f"{summary.cost:,.2f}, {summary.tokens:,} tokens"))
    return rows


def _near(turns: Turns) -> str:
    return f"{100 * turns.share:.1f} % of {turns.turns:,} user turns ({turns.name})"
