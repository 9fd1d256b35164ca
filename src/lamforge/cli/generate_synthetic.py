"""`lamforge generate domains`, `synthetic` and `recall`: what is made up without a domain or a model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lamforge.cli.console import next_step, progress_bar
from lamforge.cli.generated import Json, Out, Seed, parse_shard, show_domains, show_synthetic


def domains(
    out: Annotated[Path, typer.Option(help="Folder for the domains.")],
    count: Annotated[int, typer.Option(min=1, max=100_000, help="Domains to compose.")] = 100,
    seed: Seed = 0,
    json: Json = False,
) -> None:
    """Compose domains of many businesses: folders with state, tools, policy, rules and wording."""
    from lamforge.generate import compose_domains

    with progress_bar("generate", "domains") as update:
        made = compose_domains(out, count=count, seed=seed, progress=update)
    show_domains(made, json=json)


def synthetic(
    out: Out,
    overrides: Annotated[
        list[str] | None,
        typer.Argument(metavar="[KEY=VALUE]...", help="Shares, such as made_up=0.3 kinds.missing=0.1."),
    ] = None,
    items: Annotated[int, typer.Option(min=1, max=100_000_000, help="Conversations to make.")] = 10_000,
    seed: Seed = 0,
    max_chars: Annotated[
        int | None, typer.Option(help="Longest conversation, tools included; short ones come first in a curriculum.")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="YAML with the same keys; KEY=VALUE wins.")] = None,
    shard: Annotated[str, typer.Option(help="i/n: make each n-th thousand only, counted from 0.")] = "0/1",
    json: Json = False,
) -> None:
    """Write verified queries and calls over made-up tools of many fields, to train a model that starts from nothing."""
    from lamforge.generate.synthetic import Shares, generate_synthetic
    from lamforge.settings import load_settings

    settings = [*(overrides or ()), *([f"max_chars={max_chars}"] if max_chars is not None else [])]
    shares = load_settings(Shares, config, settings)
    with progress_bar("generate", "items") as update:
        made = generate_synthetic(out, items=items, seed=seed, shares=shares, shard=parse_shard(shard), progress=update)
    show_synthetic(made, json=json)


def recall(
    out: Annotated[Path, typer.Option(help="The file, JSON lines.")],
    items: Annotated[int, typer.Option(min=1, max=100_000_000, help="Conversations to write.")] = 10_000,
    seed: Seed = 0,
    calls: Annotated[
        float, typer.Option(min=0, max=1, help="Share of calls; the rest are some twenty turns each.")
    ] = 0.8,
) -> None:
    """Write conversations that are answered by looking back: from them a new model learns to choose and to copy."""
    from lamforge.data.outputs import prepare_files
    from lamforge.generate.synthetic.recall import write_recall

    prepare_files([], out)
    write_recall(out, items=items, seed=seed, calls=calls)
    next_step(f"lamforge train sft --data {out} --out {out.with_suffix('')}-model")
