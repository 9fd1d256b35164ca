"""`lamforge data rate`."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lamforge.cli.console import next_step, print_json, progress_bar, summary_table

if TYPE_CHECKING:
    from lamforge.data.rating import Rated

Files = Annotated[list[Path], typer.Argument(help="Trajectories: .jsonl, .jsonl.gz, .parquet, or folders of them.")]
Json = Annotated[bool, typer.Option("--json", help="Print the summary as JSON, alone, on stdout.")]


def rate(
    data: Files,
    out: Annotated[Path, typer.Option(help="File of the same conversations with their ratings.")],
    rater: Annotated[
        list[str] | None, typer.Option(help="A model that rates, such as http://host/v1#model=NAME; may be repeated.")
    ] = None,
    raters: Annotated[
        Path | None, typer.Option(help="YAML: raters with prices and limits, and a folder of prompts.")
    ] = None,
    max_cost: Annotated[float | None, typer.Option(min=0, help="Ceiling, in the currency of the prices.")] = None,
    max_tokens: Annotated[int | None, typer.Option(min=0, help="Ceiling of all tokens, read and written.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what it may cost, and ask no model.")] = False,
    json: Json = False,
) -> None:
    """Rate whole conversations, 0 to 5: by rules, and by models if some are named."""
    from lamforge.cli.generated import show_estimate
    from lamforge.data import rating
    from lamforge.engines.budget import Budget

    panel = rating.load_raters(raters, rater)
    if dry_run:
        show_estimate(rating.estimate(data, panel), json=json)
        return
    with progress_bar("rate", "conversations") as update:
        done = rating.rate(data, out, raters=panel, budget=Budget(max_cost, max_tokens), progress=update)
    if json:
        print_json(vars(done))
        return
    summary_table("data rate", _rows(done))
    kept = shlex.quote(str(out.with_name(f"good-{out.name}")))
    next_step(f"lamforge data filter {shlex.quote(str(out))} --min-score 4 --out {kept}")


def _rows(done: Rated) -> list[tuple[str, object]]:
    rows: list[tuple[str, object]] = [("conversations", f"{done.conversations:,}"), ("mean score", f"{done.mean:.2f}")]
    for low, count in enumerate(done.histogram):
        rows.append((f"{low} to {'5' if low == 4 else f'below {low + 1}'}", f"{count:,}"))
    rows += [(f"rule {code}", f"in {count:,}") for code, count in done.codes.items()]
    rows += [(f"rater {name}", f"mean {mean:.2f}") for name, mean in done.raters.items()]
    if done.unreadable:
        rows.append(("unreadable opinions", f"{done.unreadable:,}, which count 0"))
    rows += [(role, f"{each['requests']:,} requests, {each['cost']:.2f}") for role, each in done.spent.items()]
    return [*rows, ("file", done.out)]
