"""`lamforge data augment`."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from lamforge.cli.console import next_step, print_json, progress_bar, summary_table
from lamforge.cli.data_rate import Files, Json


def augment(
    data: Files,
    out: Annotated[Path, typer.Option(help="File of the conversations and, behind each, its variants.")],
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Such as copies=2, names=0.3, ask=0.")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="YAML with the same keys; --set wins.")] = None,
    variants_only: Annotated[bool, typer.Option("--variants-only", help="Leave the conversations out.")] = False,
    json: Json = False,
) -> None:
    """Write variants: other orders, names and words, tools more, tools less, values left out; each is verified."""
    from lamforge.data.augmenting import Augmentation
    from lamforge.data.augmenting import augment as write
    from lamforge.settings import load_settings

    chosen = load_settings(Augmentation, config, settings)
    with progress_bar("augment", "conversations") as update:
        done = write(data, out, chosen, originals=not variants_only, progress=update)
    if json:
        print_json({**vars(done), "settings": chosen.model_dump()})
        return
    rows: list[tuple[str, object]] = [
        ("conversations", f"{done.conversations:,}"),
        ("variants", f"{done.variants:,}"),
        *((f"with {kind}", f"{count:,}") for kind, count in done.made.items()),
        *((f"not made {count:,} x", why) for why, count in done.failed.items()),
        ("file", done.out),
        ("it holds", "the variants alone" if variants_only else "the conversations and, behind each, its variants"),
    ]
    summary_table("data augment", rows)
    next_step(f"lamforge train sft --data {shlex.quote(done.out)} --out model")
