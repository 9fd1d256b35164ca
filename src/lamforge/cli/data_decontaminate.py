"""`lamforge data decontaminate`."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from lamforge.cli.console import next_step, print_json, summary_table
from lamforge.cli.data_rate import Files, Json
from lamforge.errors import UsageError, bounded


def decontaminate(
    data: Files,
    bfcl: Annotated[
        list[str] | None,
        typer.Option(help="v3, v4 or v3@VERSION, fetched from PyPI; or a bfcl-eval wheel or folder. May be repeated."),
    ] = None,
    tau: Annotated[
        list[Path] | None, typer.Option(help="A checkout of tau-bench or tau2-bench; may be repeated.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="File of the conversations that hold nothing of them.")] = None,
    report: Annotated[Path | None, typer.Option(help="The report, .md for a model card or .json.")] = None,
    drop: Annotated[
        list[str] | None,
        typer.Option(help="What is not to be in --out: question, policy, tool, identifier; all if not given."),
    ] = None,
    ngram: Annotated[int, typer.Option(min=3, max=50, help="Words of an n-gram.")] = 5,
    share: Annotated[
        float, typer.Option(min=0.01, max=1, help="Share of an item's n-grams from which it counts as found.")
    ] = 0.5,
    json: Json = False,
) -> None:
    """Look for items, tools and databases of BFCL and tau-bench in training data, and take them out."""
    from lamforge.data import contamination

    kinds = drop or list(contamination.KINDS)
    if unknown := [kind for kind in kinds if kind not in contamination.KINDS]:
        known = ", ".join(contamination.KINDS)
        raise UsageError(f"--drop {bounded(unknown[0])} is unknown", remedy=f"Use one of: {known}.")
    benchmarks = [contamination.read_bfcl(_release(each)) for each in bfcl or ()]
    benchmarks += [contamination.read_tau(path) for path in tau or ()]
    chosen = [kind for kind in contamination.KINDS if kind in kinds]
    found = contamination.decontaminate(data, benchmarks, out, report, kinds=chosen, ngram=ngram, share=share)
    if json:
        print_json(found.as_dict())
        return
    rows: list[tuple[str, object]] = [("conversations", f"{found.conversations:,}")]
    for benchmark, leaks in found.leaks.items():
        rows += [
            (f"{benchmark}: {kind}", f"{leak.items:,} of {leak.of:,} found, in {leak.conversations:,} conversations")
            for kind, leak in leaks.items()
            if leak.of
        ]
    rows.append(("contaminated", f"{found.contaminated:,}, {found.removed:,} taken out"))
    rows += [(name, path) for name, path in (("file", out), ("report", report)) if path is not None]
    summary_table("data decontaminate", rows)
    if out is not None:
        next_step(f"lamforge data augment {shlex.quote(str(out))} --out augmented.jsonl")
    elif found.contaminated:
        looked = [
            *("--bfcl " + shlex.quote(each) for each in bfcl or ()),
            *(f"--tau {shlex.quote(str(t))}" for t in tau or ()),
        ]
        files = shlex.join(map(str, data))
        next_step(f"lamforge data decontaminate {files} {' '.join(looked)} --out clean.jsonl")


def _release(named: str) -> Path:
    """The wheel or the folder that is named, by its path or as a suite of `lamforge eval bfcl`."""
    if Path(named).exists():
        return Path(named)
    from lamforge.evaluate.bfcl import open_release, parse_suite

    return open_release(parse_suite(named)).path
