"""`lamforge eval calls`."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from lamforge.cli.console import progress_bar
from lamforge.cli.evaluated import (
    AsJson,
    Asked,
    Concurrency,
    MaxCost,
    OutFolder,
    PriceInput,
    PriceOutput,
    RetryErrors,
    Temperature,
    scored,
    show_result,
)
from lamforge.cli.model_options import Constrain, FormatName, MaxTools, ModelSpec


def calls(
    file: Annotated[Path, typer.Argument(help="YAML or JSON with tools and cases, or a folder of such *.yaml.")],
    out: OutFolder,
    model: ModelSpec = "nano",
    format: FormatName = None,
    constrain: Constrain = True,
    max_tools: MaxTools = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first so many cases.")] = None,
    trials: Annotated[int, typer.Option(min=1, max=64, help="Answers per case; more can be added later.")] = 1,
    temperature: Temperature = 0.0,
    max_tokens: Annotated[int, typer.Option(min=1, max=32_768, help="Of one answer.")] = 512,
    concurrency: Concurrency = None,
    seed: Annotated[int, typer.Option(help="Of the sampling.")] = 0,
    retry_errors: RetryErrors = False,
    price_input: PriceInput = 0.0,
    price_output: PriceOutput = 0.0,
    max_cost: MaxCost = None,
    json: AsJson = False,
) -> None:
    """Ask queries about your own tools: exact calls, right tools, refusals where nothing should be called."""
    from lamforge.evaluate.calls import evaluate_calls, load_cases

    cases = load_cases(file)
    asked = Asked(model, format, constrain, concurrency, price_input, price_output, max_cost, max_tools)
    sampling = {"temperature": temperature, "max_tokens": max_tokens}
    evaluate = partial(evaluate_calls, cases, name=file.stem, limit=limit, seed=seed)
    with progress_bar("evaluate", "answers") as update:
        summary = asyncio.run(
            scored(asked, evaluate, sampling, update, out=out, trials=trials, retry_errors=retry_errors)
        )
    show_result("calls", summary, out, json)
