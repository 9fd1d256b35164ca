"""`lamforge data stats`."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lamforge.cli.console import print_json, progress_bar, summary_table, table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lamforge.data.statistics import Statistics
    from lamforge.messages import Trajectory

_TOOLS = 15  # in the table
_KINDS = 6
_TOLD_EVERY = 200


def stats(
    data: Annotated[list[Path], typer.Argument(help="Trajectories: .jsonl, .jsonl.gz, .parquet, or folders of them.")],
    out: Annotated[Path | None, typer.Option(help="A page of plots, as one HTML file.")] = None,
    format_: Annotated[str, typer.Option("--format", help="With --tokenizer.")] = "xlam-qwen/always",
    tokenizer: Annotated[
        Path | None, typer.Option(help="A model's folder or tokenizer.json: lengths are tokens, not characters.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the numbers as JSON, alone, on stdout.")] = False,
) -> None:
    """Count what a data set holds: turns, calls, tools, lengths, rewards, domains."""
    from lamforge.data import read_trajectories
    from lamforge.data.checking import LengthCheck
    from lamforge.data.outputs import prepare_outputs
    from lamforge.data.statistics import render_statistics, summarise
    from lamforge.errors import DataError
    from lamforge.formats import get_format
    from lamforge.journal import write_atomically

    tokens = LengthCheck(get_format(format_), tokenizer, 1).tokens if tokenizer else None
    prepare_outputs(data, out)
    with progress_bar("stats", "records") as update:

        def counted() -> Iterator[Trajectory]:
            for number, each in enumerate(each for path in data for each in read_trajectories(path)):
                if number % _TOLD_EVERY == 0:
                    update(number, None)
                yield each

        found = summarise(counted(), [str(path) for path in data], tokens)
    if not found.trajectories:
        raise DataError("holds no trajectory", where=", ".join(map(str, data)))
    if out is not None:
        write_atomically(out, render_statistics(found))
    if json:
        print_json({**found.as_dict(), "page": out and str(out)})
        return
    _tell(found)
    if out is not None:
        summary_table("", [("page", out)])


def _tell(found: Statistics) -> None:
    from lamforge.data.statistics import quantiles

    rows: list[tuple[str, object]] = [
        ("conversations", f"{found.trajectories:,} of {found.tasks:,} tasks"),
        ("reward", _counts(found.rewards)),
        ("domains", _counts(found.domains)),
        ("sources", _counts(found.origins)),
        ("licences", _counts(found.licences)),
        ("messages", _counts(found.roles)),
        ("turns of the user", _spread(quantiles(found.turns))),
        ("calls", _spread(quantiles(found.calls))),
        ("tools offered", _spread(quantiles(found.offered))),
        (found.unit, _spread(quantiles(found.lengths, 1 if found.unit == "tokens" else 100))),
    ]
    if found.scores:
        rows.append(("rating", _spread(quantiles(found.scores))))
    summary_table("data stats", rows)
    shown = [[n, f"{t.calls:,}", f"{t.conversations:,}", f"{t.offered:,}"] for n, t in found.tools.items()][:_TOOLS]
    more = len(found.tools) - len(shown)
    table("", ["tool", "calls", "conversations with one", "offered in"], shown)
    if more > 0:
        summary_table("", [(f"and {more:,} more tools", "--json prints all")])


def _counts(counts: Counter[str]) -> str:
    told = ", ".join(f"{name} {count:,}" for name, count in counts.most_common(_KINDS))
    return told + (f" and {len(counts) - _KINDS} more" if len(counts) > _KINDS else "")


def _spread(found: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:,}" for name, value in found.items())
