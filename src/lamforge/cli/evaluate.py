"""`lamforge eval`."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import typer

from lamforge.cli.console import progress_bar
from lamforge.cli.evaluate_bfcl import bfcl
from lamforge.cli.evaluate_calls import calls
from lamforge.cli.evaluate_compare import compare
from lamforge.cli.evaluate_tau import tau
from lamforge.cli.evaluate_verify import verify
from lamforge.cli.evaluated import (
    AsJson,
    Asked,
    Concurrency,
    MaxCost,
    OutFolder,
    PriceInput,
    PriceOutput,
    RetryErrors,
    TaskIds,
    Temperature,
    scored,
    show_result,
)
from lamforge.cli.model_options import Constrain, FormatName, ModelSpec

app = typer.Typer(
    no_args_is_help=True, help="Score a model on tasks it never saw.", rich_markup_mode=None, add_completion=False
)


@app.callback()
def _group() -> None:
    """Score a model on tasks it never saw."""


app.command()(calls)
app.command()(bfcl)
app.command()(tau)
app.command()(verify)
app.command()(compare)


@app.command()
def domain(
    domain: Annotated[str, typer.Option(help="A bundled domain's name, or your folder.")],
    out: OutFolder,
    model: ModelSpec = "nano",
    format: FormatName = None,
    constrain: Constrain = True,
    tasks: Annotated[Path | None, typer.Option(help="A tasks.jsonl; by default the domain's own.")] = None,
    split: Annotated[
        Literal["test", "train", "all"] | None,
        typer.Option(help="Of the tasks: test if they are the domain's own, all of a file."),
    ] = None,
    task: TaskIds = None,
    wording: Annotated[
        Literal["training", "held-out"],
        typer.Option(help="The words of the scripted user: those that training data have, or others."),
    ] = "training",
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first so many tasks.")] = None,
    trials: Annotated[int, typer.Option(min=1, max=64, help="Episodes per task, each with other words.")] = 4,
    temperature: Temperature = 0.0,
    max_tokens: Annotated[int, typer.Option(min=1, max=32_768, help="Of one assistant message.")] = 256,
    concurrency: Concurrency = None,
    seed: Annotated[int, typer.Option(help="Of the users' words and of the sampling.")] = 0,
    retry_errors: RetryErrors = False,
    price_input: PriceInput = 0.0,
    price_output: PriceOutput = 0.0,
    max_cost: MaxCost = None,
    json: AsJson = False,
) -> None:
    """Play a domain's held-out tasks with the scripted user: pass^k, what goes wrong, and a report to read."""
    from lamforge.domains import load_domain, load_tasks
    from lamforge.evaluate import evaluate_domain
    from lamforge.evaluate.part import chosen_tasks

    loaded = load_domain(domain)
    own = load_tasks(tasks) if tasks is not None else loaded.tasks
    split = split or ("all" if tasks is not None else "test")
    chosen, part = chosen_tasks([each for each in own if split in ("all", each.split)], task, limit)
    asked = Asked(model, format, constrain, concurrency, price_input, price_output, max_cost)
    sampling = {"temperature": temperature, "max_tokens": max_tokens}
    evaluate = partial(evaluate_domain, loaded, chosen, seed=seed, held_out=wording == "held-out")
    with progress_bar("evaluate", "episodes") as update:
        summary = asyncio.run(
            scored(asked, evaluate, sampling, update, out=out, trials=trials, retry_errors=retry_errors, part=part)
        )
    show_result("domain", summary, out, json)
