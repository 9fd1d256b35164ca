"""`lamforge data mix`."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from lamforge.cli.console import next_step, print_json, progress_bar, summary_table, table
from lamforge.cli.data_rate import Json
from lamforge.errors import UsageError


def mix(
    mixture: Annotated[Path, typer.Argument(metavar="MIX", help="YAML: sources with weights, epochs and caps.")],
    overrides: Annotated[
        list[str] | None, typer.Argument(metavar="[KEY=VALUE]...", help="Win over the file, such as size=1000.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Write the mix into a file; `train` reads MIX itself as well.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the counts, and write nothing.")] = False,
    epoch: Annotated[int, typer.Option(min=0, help="Which pass over the mix, from 0.")] = 0,
    shard: Annotated[
        str, typer.Option(help="i/n: each n-th conversation only, from the i-th on: that of rank i.")
    ] = "0/1",
    json: Json = False,
) -> None:
    """Count and write a mix of several data sets."""
    from lamforge.cli.generated import parse_shard
    from lamforge.data import write_trajectories
    from lamforge.data.mixture import Mix
    from lamforge.data.outputs import prepare_files

    if out is None and not dry_run:
        raise UsageError("there is nothing to do", remedy="Name --out FILE, or --dry-run for the counts alone.")
    rank, ranks = parse_shard(shard)
    mixed = Mix(mixture, overrides)
    if out is not None and not dry_run:
        prepare_files([mixture, *mixed.settings.files()], out)
    length = mixed.length(rank, ranks)
    if out is not None and not dry_run:
        with progress_bar("mix", "conversations") as update:
            stream = mixed.stream(rank, ranks, epoch=epoch)
            told = (update(number, length) or each for number, each in enumerate(stream, 1))
            write_trajectories(out, told)
    if json:
        print_json({**mixed.describe(), "shard": {"rank": rank, "of": ranks, "conversations": length}})
        return
    lines = [
        [
            name,
            f"{s.wanted:,}",
            f"{s.used:,}",
            f"{s.epochs:g}",
            f"{s.conversations:,}",
            f"{s.conversations / len(mixed):.1%}",
        ]
        for name, s in mixed.shares.items()
    ]
    table("data mix: one pass", ["source", "wanted", "used", "epochs", "conversations", "share"], lines)
    rows: list[tuple[str, object]] = [("in all", f"{len(mixed):,} conversations")]
    rows += [
        (f"{name}: left out", f"{count:,}: {why}")
        for name, s in mixed.shares.items()
        for why, count in s.left_out.items()
    ]
    if ranks > 1:
        rows.append((f"shard {shard}", f"{length:,} conversations"))
    summary_table("", [*rows, *([("file", out)] if out is not None and not dry_run else [])])
    texts = any(source.holds == "texts" for source in mixed.settings.sources.values())
    verb = "pretrain" if texts else "sft"
    next_step(f"lamforge train {verb} --data {shlex.quote(str(mixture if out is None else out))} --out model")
