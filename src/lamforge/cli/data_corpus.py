"""`lamforge data corpus`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lamforge.cli.console import err, next_step, print_json, summary_table
from lamforge.cli.data_rate import Json


def corpus(
    recipe: Annotated[Path, typer.Argument(metavar="RECIPE", help="YAML with a section `corpus`.")],
    out: Annotated[Path, typer.Option(help="Folder of the corpus; the same command goes on with it.")],
    overrides: Annotated[
        list[str] | None, typer.Argument(metavar="[KEY=VALUE]...", help="Values of the section, such as items=1000.")
    ] = None,
    json: Json = False,
) -> None:
    """Make a corpus by the verbs that a recipe names, in their order, each step once."""
    from lamforge.data.corpus import load_corpus, make_corpus

    section = load_corpus(recipe, overrides)
    made = make_corpus(section, out, lambda step, what: err.print(f"{step}: {what}", style="bold"))
    if json:
        print_json({**vars(made), "out": str(out)})
        return
    rows: list[tuple[str, object]] = [(name, f"{seconds:.0f} s") for name, seconds in made.done.items()]
    rows += [(name, "done before") for name in made.skipped]
    rows += [(name, f"left out: give {value}=...") for name, value in made.left_out.items()]
    summary_table("data corpus", [*rows, ("folder", out)])
    next_step(f"lamforge data stats {made.last}")
