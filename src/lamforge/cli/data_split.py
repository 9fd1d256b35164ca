"""`lamforge data split`."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated, Literal

import typer

from lamforge.cli.console import next_step, print_json, summary_table


def split(
    data: Annotated[Path, typer.Argument(help="Trajectories: .jsonl, .jsonl.gz, .parquet, or a folder of them.")],
    out: Annotated[Path, typer.Option(help="The folder of the parts.")],
    parts: Annotated[str, typer.Option(help="Their names and shares.")] = "train=0.9,validation=0.1",
    by: Annotated[
        Literal["task", "owner", "domain"],
        typer.Option(help="What is never in two parts; owner: whose records it is about, such as the customer."),
    ] = "task",
    seed: Annotated[int, typer.Option(help="The same seed gives the same parts.")] = 0,
    suffix: Annotated[str, typer.Option(help=".jsonl, .jsonl.gz or .parquet.")] = ".jsonl",
    domain: Annotated[
        list[str] | None, typer.Option(help="A domain's folder, for --by owner; bundled ones are known.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the numbers as JSON, alone, on stdout.")] = False,
) -> None:
    """Cut a data set into parts that share no task, no owner or no domain."""
    from lamforge.data.splitting import parts_of, split_data

    result = split_data(data, out, parts_of(parts), by=by, seed=seed, suffix=suffix, domains=domain)
    if json:
        print_json(result.as_dict())
        return
    rows: list[tuple[str, object]] = [
        (name, f"{result.trajectories[name]:,} conversations, {result.groups[name]:,} {by}s, {path}")
        for name, path in result.files.items()
    ]
    if result.unknown:
        rows.append(("no owner known", f"{result.unknown:,} conversations, which were split by their tasks"))
    summary_table("data split", rows)
    first = next(iter(result.files.values()))
    next_step(f"lamforge train sft --data {shlex.quote(str(first))} --out {shlex.quote(str(out / 'model'))}")
