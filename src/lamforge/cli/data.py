"""`lamforge data`: the group. Each verb is a function of a module of its own."""

from __future__ import annotations

from collections.abc import Callable

import typer

from lamforge.cli import (
    data_augment,
    data_check,
    data_corpus,
    data_decontaminate,
    data_dedup,
    data_exchange,
    data_filter,
    data_mix,
    data_rate,
    data_show,
    data_split,
    data_stats,
)

app = typer.Typer(
    no_args_is_help=True,
    help="Bring, check, curate and look at trajectories.",
    rich_markup_mode=None,
    add_completion=False,
)

COMMANDS: dict[str, Callable[..., None]] = {  # in the order of `lamforge data --help`
    "import": data_exchange.import_,
    "export": data_exchange.export,
    "check": data_check.check,
    "stats": data_stats.stats,
    "show": data_show.show,
    "split": data_split.split,
    "rate": data_rate.rate,
    "filter": data_filter.filter_,
    "dedup": data_dedup.dedup,
    "decontaminate": data_decontaminate.decontaminate,
    "augment": data_augment.augment,
    "mix": data_mix.mix,
    "corpus": data_corpus.corpus,
}

for name, command in COMMANDS.items():
    app.command(name)(command)


@app.callback()
def _group() -> None:
    """Bring, check, curate and look at trajectories."""
