"""`lamforge data dedup`."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from lamforge.cli.console import next_step, print_json, summary_table
from lamforge.cli.data_rate import Files, Json
from lamforge.near_duplicates import THRESHOLD


def dedup(
    data: Files,
    out: Annotated[Path, typer.Option(help="File of the conversations that stay, in their order.")],
    removed: Annotated[
        Path | None, typer.Option(help="File of the others; each says in its provenance which one stays for it.")
    ] = None,
    threshold: Annotated[
        float, typer.Option(min=0.1, max=1, help="Jaccard similarity from which two are near-duplicates.")
    ] = THRESHOLD,
    exact: Annotated[bool, typer.Option("--exact", help="Find those alone that are the very same.")] = False,
    mask: Annotated[
        bool, typer.Option("--mask", help="Take all words with digits for one: ids and amounts make no difference.")
    ] = False,
    json: Json = False,
) -> None:
    """Keep the best of each set of conversations that say and do nearly the same."""
    from lamforge.data import dedup_files

    found = dedup_files(data, out, removed, threshold=None if exact else threshold, mask=mask)
    sizes = found.cluster_sizes()
    if json:
        counts = {"kept": found.kept, "exact": found.exact, "near": found.near}
        print_json({"out": str(out), **counts, "clusters": len(sizes), "largest": sizes[:10]})
        return
    largest = ", ".join(f"{size:,}" for size in sizes[:5]) or "none"
    rows: list[tuple[str, object]] = [
        ("kept", f"{found.kept:,} of {len(found.keepers):,}"),
        ("the very same", f"{found.exact:,}"),
        ("nearly the same", f"{found.near:,}"),
        ("largest sets", largest),
        ("file", out),
    ]
    summary_table("data dedup", rows)
    next_step(f"lamforge data decontaminate {shlex.quote(str(out))} --bfcl v3 --tau DIR --report contamination.md")
