"""`lamforge data import` and `lamforge data export`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lamforge.cli.console import err, next_step, print_json, progress_bar, summary_table

if TYPE_CHECKING:
    from lamforge.data.exchange import Converted

Json = Annotated[bool, typer.Option("--json", help="Print the summary as JSON, alone, on stdout.")]


def import_(
    source: Annotated[Path, typer.Argument(help="A file or folder: JSON lines, a JSON list, Parquet, gzipped or not.")],
    out: Annotated[Path, typer.Option(help="Where to: .jsonl, .jsonl.gz or .parquet.")],
    format_: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="NAME",
            help="openai, trl, sharegpt, apigen-mt, xlam-60k, actionstudio, hermes, toolace, sgd, sgd-lean, tau or "
            "tau2; unless given, the first records tell.",
        ),
    ] = None,
    domain: Annotated[str | None, typer.Option(help="What to call the domain of all of them.")] = None,
    tools: Annotated[Path | None, typer.Option(help="A JSON file of tools, for records that do not list any.")] = None,
    json: Json = False,
) -> None:
    """Convert conversations of other data sets to trajectories."""
    from lamforge.data.exchange import import_data
    from lamforge.tools import load_tools

    offered = load_tools(tools) if tools else None
    with progress_bar("import", "records") as update:
        result = import_data(
            source,
            out,
            form=format_,
            domain=domain,
            tools=offered,
            progress=lambda done, note: update(done, None, note),
        )
    _tell("data import", result, json)
    if result.without_tools:
        err.print(
            f"note: {result.without_tools:,} conversations call tools that the source does not describe; "
            "name a file of them with --tools",
            style="yellow",
        )
    if result.form in ("tau", "tau2"):
        err.print("note: these are items of a benchmark: look at them, do not train on them", style="yellow")
    if not json:
        next_step(f"lamforge data check {out}")


def export(
    data: Annotated[Path, typer.Argument(help="Trajectories: .jsonl, .jsonl.gz, .parquet, or a folder of them.")],
    out: Annotated[Path, typer.Option(help="Where to: .jsonl, .jsonl.gz, or .json for one list.")],
    format_: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="NAME",
            help="openai, trl, sharegpt, actionstudio, xlam-60k, or lamforge for our own records (.parquet, too).",
        ),
    ] = "openai",
    json: Json = False,
) -> None:
    """Write trajectories in another format; what it cannot hold is listed with the reason."""
    from lamforge.data.exchange import export_data

    with progress_bar("export", "records") as update:
        result = export_data(data, out, format_, progress=lambda done, note: update(done, None, note))
    _tell("data export", result, json)


def _tell(title: str, result: Converted, json: bool) -> None:
    if json:
        print_json(result.as_dict())
        return
    rows: list[tuple[str, Any]] = [
        ("format", result.form),
        ("converted", f"{result.converted:,} to {result.out}"),
        ("left out", f"{result.left_out:,}" + (f", listed in {result.rejected}" if result.rejected else "")),
    ]
    rows += [(f"  {reason}", f"{count:,}") for reason, count in result.reasons.most_common()]
    rows += [(f"{note}", f"{count:,}") for note, count in result.notes.most_common()]
    summary_table(title, rows)
