"""`lamforge data filter`."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated, Any

import typer

from lamforge.cli.console import next_step, print_json, summary_table
from lamforge.cli.data_rate import Files, Json

Names = list[str] | None
Least = Annotated[int | None, typer.Option(min=0)]


def filter_(
    data: Files,
    out: Annotated[Path, typer.Option(help="File of the conversations that are wanted.")],
    rejected: Annotated[Path | None, typer.Option(help="File of the others; each says why in its provenance.")] = None,
    min_score: Annotated[
        float | None, typer.Option(min=0, max=5, help="Of `data rate`; 4 is the usual. Unrated ones are left out.")
    ] = None,
    without: Annotated[Names, typer.Option(help="Rule of `data rate` that none may break; repeatable.")] = None,
    reward: Annotated[Names, typer.Option(help="1, 0 or unjudged; may be repeated.")] = None,
    verdict: Annotated[
        Names, typer.Option(help="format, execution, policy, state or outputs: was checked and is right; repeatable.")
    ] = None,
    domain: Annotated[Names, typer.Option(help="Of this domain, or one of these.")] = None,
    ended: Annotated[Names, typer.Option(help="Ended so, such as stop; may be repeated.")] = None,
    calls: Annotated[Names, typer.Option(help="Calls this tool, or one of these.")] = None,
    calls_none: Annotated[Names, typer.Option(help="Never calls this tool; may be repeated.")] = None,
    offers: Annotated[Names, typer.Option(help="Offers this tool, or one of these.")] = None,
    words_none: Annotated[Names, typer.Option(help="Never says this word, nor do its tools; repeatable.")] = None,
    min_turns: Annotated[int | None, typer.Option(min=0, help="Messages of the user.")] = None,
    max_turns: Least = None,
    min_calls: Least = None,
    max_calls: Least = None,
    max_characters: Annotated[int | None, typer.Option(min=1, help="Of all messages, without the tools.")] = None,
    json: Json = False,
) -> None:
    """Keep the conversations for which all criteria hold; the others are counted by reason."""
    from pydantic import ValidationError

    from lamforge.data import Criteria, filter_files
    from lamforge.errors import UsageError, bounded

    named: dict[str, Any] = {
        "min_score": min_score,
        "without": without,
        "reward": reward,
        "verdict": verdict,
        "domain": domain,
        "ended": ended,
        "calls": calls,
        "calls_none": calls_none,
        "offers": offers,
        "words_none": words_none,
        "min_turns": min_turns,
        "max_turns": max_turns,
        "min_calls": min_calls,
        "max_calls": max_calls,
        "max_characters": max_characters,
    }
    try:
        criteria = Criteria.model_validate({name: value for name, value in named.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        option = "--" + str(first["loc"][0]).replace("_", "-")
        raise UsageError(f"{option}: {first['msg']}, got {bounded(first['input'])}") from error
    selection = filter_files(data, out, criteria, rejected)
    if json:
        print_json({"out": str(out), "kept": selection.kept, "dropped": dict(selection.dropped.most_common())})
        return
    dropped: list[tuple[str, object]] = [(f"left out: {why}", f"{n:,}") for why, n in selection.dropped.most_common()]
    summary_table("data filter", [("kept", f"{selection.kept:,}"), *dropped, ("file", out)])
    next_step(f"lamforge data dedup {shlex.quote(str(out))} --out {shlex.quote(str(out.with_name('distinct.jsonl')))}")
