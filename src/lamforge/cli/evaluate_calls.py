"""`lamforge eval calls`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Any

import typer

from lamforge.cli.console import progress_bar
from lamforge.cli.evaluated import Asked, MaxCost, PriceInput, PriceOutput, RetryErrors, noted, show_result


def calls(
    file: Annotated[Path, typer.Argument(help="YAML or JSON with tools and cases, or a folder of such *.yaml.")],
    out: Annotated[Path, typer.Option(help="Folder of the result; the same command resumes it.")],
    model: Annotated[str, typer.Option(help="nano, a .gguf file, an http(s):// endpoint, or scripted.")] = "nano",
    format: Annotated[
        str | None, typer.Option(help="Of a GGUF that does not name its own, such as xlam-qwen/hf.")
    ] = None,
    constrain: Annotated[bool, typer.Option(help="Let a GGUF write no call that is wrong by its schema.")] = True,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first so many cases.")] = None,
    trials: Annotated[int, typer.Option(min=1, max=64, help="Answers per case; more can be added later.")] = 1,
    temperature: Annotated[float, typer.Option(min=0.0, max=2.0)] = 0.0,
    max_tokens: Annotated[int, typer.Option(min=1, max=32_768, help="Of one answer.")] = 512,
    concurrency: Annotated[int | None, typer.Option(min=1, max=1024, help="Requests at a time at most.")] = None,
    seed: Annotated[int, typer.Option(help="Of the sampling.")] = 0,
    retry_errors: RetryErrors = False,
    price_input: PriceInput = 0.0,
    price_output: PriceOutput = 0.0,
    max_cost: MaxCost = None,
    json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON, alone, on stdout.")] = False,
) -> None:
    """Ask queries about your own tools: exact calls, right tools, refusals where nothing should be called."""
    from lamforge.evaluate.calls import load_cases

    cases = load_cases(file)
    asked = Asked(model, format, constrain, concurrency, price_input, price_output, max_cost)
    sampling = {"temperature": temperature, "max_tokens": max_tokens}
    with progress_bar("evaluate", "answers") as update:
        summary = asyncio.run(
            _score(
                asked,
                sampling,
                update,
                cases=cases,
                limit=limit,
                out=out,
                name=file.stem,
                trials=trials,
                seed=seed,
                retry_errors=retry_errors,
            )
        )
    show_result("calls", summary, out, json)


async def _score(asked: Asked, sampling: dict[str, Any], update: Any, **options: Any) -> Any:
    from lamforge.evaluate.calls import evaluate_calls
    from lamforge.simulate.client_agent import ClientAgent

    async with asked.open() as (model, client, room):
        return await evaluate_calls(
            make_agent=lambda seed: ClientAgent(client, seed=seed, **sampling),
            model=model.name,
            concurrency=room,
            made={**model.describe(), **sampling},
            price=client.price,
            progress=noted(update, client),
            **options,
        )
