"""`lamforge eval compare`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lamforge.cli.console import next_step, out, print_json, summary_table, table

_SHOWN = 20  # flips and kinds of error that are printed


def compare(
    a: Annotated[Path, typer.Argument(help="The --out of an evaluation.")],
    b: Annotated[Path, typer.Argument(help="The --out of another one on the same tasks.")],
    page: Annotated[Path | None, typer.Option("--out", help="Also an HTML page with every flip, to this file.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the comparison as JSON, alone, on stdout.")] = False,
) -> None:
    """Hold two evaluations against each other: McNemar's test, categories, errors, and what flipped."""
    from lamforge.evaluate import compare_runs
    from lamforge.evaluate.comparison_page import write_page
    from lamforge.evaluate.reliability import telling
    from lamforge.pages import percent

    found = compare_runs(a, b)
    if page is not None:
        write_page(page, found, a, b)
    if json:
        print_json(found.as_dict())
        found.require_complete()
        return
    summary_table("eval compare", found.rows())
    if len(found.reliability["A"]) > 1:
        both = zip(found.reliability["A"], found.reliability["B"], strict=True)
        rows = [
            [f"pass^{a.k}", percent(a.at_least), percent(b.at_least)]
            for a, b in both
            if a in telling(found.reliability["A"])
        ]
        table("every time right", ["", "A", "B"], rows)
    table(
        "passed, by category",
        ["category", "trials", "A", "B"],
        [[each.name or "all", str(each.trials), str(each.a), str(each.b)] for each in found.categories],
    )
    if found.kinds:
        rows = [[kind.replace("_", " "), str(own), str(other)] for kind, (own, other) in found.kinds.items()]
        table("failures, by kind", ["kind", "A", "B"], rows[:_SHOWN])
    for flip in found.flips[:_SHOWN]:
        worse = "B" if flip.better == "A" else "A"
        why = flip.kind or flip.error_type or "no kind"
        out.print(f"{flip.task_id}, trial {flip.trial + 1}: {flip.better} passed, {worse} failed ({why})")
    if len(found.flips) > _SHOWN:
        out.print(f"… and {len(found.flips) - _SHOWN} more flips: --json has them all")
    next_step(f"open {page}" if page is not None else f"lamforge eval compare {a} {b} --out compare.html")
    found.require_complete()
