"""`lamforge eval bfcl`."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from lamforge.cli.console import next_step, print_json, progress_bar, summary_table, table
from lamforge.cli.evaluated import (
    AsJson,
    Asked,
    Concurrency,
    MaxCost,
    PriceInput,
    PriceOutput,
    RetryErrors,
    options_of,
    refuse_ignored,
)
from lamforge.cli.model_options import ModelSpec
from lamforge.errors import UsageError

_OF_RESULTS = {"suite", "out", "data", "category", "results", "answers", "json"}  # what scoring of files heeds


def bfcl(
    context: typer.Context,
    suite: Annotated[str, typer.Option(help="v3 (as published), v4, or a release of bfcl-eval: v3@2025.7.9.")] = "v3",
    out: Annotated[Path | None, typer.Option(help="Folder of the result; the same command resumes it.")] = None,
    model: ModelSpec = "nano",
    mode: Annotated[
        Literal["chat", "completions"],
        typer.Option(help="chat: messages and tools, as deployed. completions: the leaderboard's xLAM handler."),
    ] = "chat",
    format: Annotated[str | None, typer.Option(help="Of the model, such as xlam-qwen/bfcl; see `eval domain`.")] = None,
    constrain: Annotated[bool, typer.Option(help="In chats, let a GGUF write no call that is wrong.")] = True,
    data: Annotated[
        Path | None, typer.Option(help="A bfcl-eval wheel or a folder with bfcl_eval; by default fetched by pip.")
    ] = None,
    category: Annotated[
        list[str] | None, typer.Option(help="Such as simple, live or multi_turn; may be given several times.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first so many tasks of each category.")] = None,
    trials: Annotated[int, typer.Option(min=1, max=64, help="Answers per task; more can be added later.")] = 1,
    temperature: Annotated[float, typer.Option(min=0.0, max=2.0, help="BFCL's own is 0.001.")] = 0.001,
    max_tokens: Annotated[int, typer.Option(min=1, max=32_768, help="Of one answer; BFCL's own is 4096.")] = 4096,
    concurrency: Concurrency = None,
    seed: Annotated[int, typer.Option(help="Of the sampling.")] = 0,
    retry_errors: RetryErrors = False,
    price_input: PriceInput = 0.0,
    price_output: PriceOutput = 0.0,
    max_cost: MaxCost = None,
    results: Annotated[
        Path | None, typer.Option(help="Ask no model; score these *_result.json, a file or a folder.")
    ] = None,
    answers: Annotated[
        Literal["text", "calls"], typer.Option(help="What --results hold: generated text, or calls by OpenAI's API.")
    ] = "text",
    json: AsJson = False,
) -> None:
    """Score a model on the Berkeley Function-Calling Leaderboard, with its own tasks and our own checkers."""
    from lamforge.evaluate.bfcl import evaluate_bfcl, open_release, parse_suite, score_results

    chosen = parse_suite(suite)
    categories = chosen.chosen(category) if category else None
    if results is not None:
        refuse_ignored(context, _OF_RESULTS, "with --results, which asks no model")
        summary = score_results(open_release(chosen, data), chosen, results, answers, out=out, categories=categories)
    else:
        if out is None:
            raise UsageError("--out is needed: the folder of the result", remedy="The same command resumes it.")
        refuse_ignored(context, {each.name or "" for each in context.command.params} - {"answers"}, "without --results")
        asked = Asked(model, format, constrain and mode == "chat", concurrency, price_input, price_output, max_cost)
        sampling = {"temperature": temperature, "max_tokens": max_tokens}
        with progress_bar("bfcl", "tasks") as update:
            release = open_release(chosen, data)
            evaluate = partial(evaluate_bfcl, release, chosen, categories=categories, limit=limit, seed=seed)
            summary = asyncio.run(
                _ask(asked, mode, evaluate, sampling, update, out=out, trials=trials, retry_errors=retry_errors)
            )
    if json:
        print_json(summary.as_dict())
    else:
        _show(summary, out)
    summary.require_complete()


async def _ask(asked: Asked, mode: str, evaluate: Any, sampling: dict[str, Any], update: Any, **chosen: Any) -> Any:
    from lamforge.engines.paced import PacedModel
    from lamforge.evaluate.bfcl import ChatAsker, CompletionsAsker

    async with asked.open() as (model, client, room):
        asker = (ChatAsker if mode == "chat" else CompletionsAsker)(PacedModel(client), **sampling)
        return await evaluate(asker, options_of(model, client, room, update, sampling, **chosen))


def _show(summary: Any, out: Path | None) -> None:
    rows = [
        [name, f"{right}", f"{total}", _accuracy(right, right + summary.missing.get(name, 0), total)]
        for name, (right, total) in summary.counts.items()
    ]
    table("by category", ["category", "right", "of", "accuracy"], rows)
    report = [("report", str(out / "report.html"))] if out is not None else []
    summary_table("eval bfcl", [*summary.rows(), *report])
    if out is not None:
        next_step(f"open {out / 'report.html'}")


def _accuracy(low: int, high: int, total: int) -> str:
    """A share, or the range that it can still lie in."""
    return f"{100 * low / total:.2f}%" if low == high else f"{100 * low / total:.2f}–{100 * high / total:.2f}%"
