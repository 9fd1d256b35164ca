"""`lamforge eval`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from lamforge.cli.console import progress_bar
from lamforge.cli.evaluate_bfcl import bfcl
from lamforge.cli.evaluate_calls import calls
from lamforge.cli.evaluate_compare import compare
from lamforge.cli.evaluate_tau import tau
from lamforge.cli.evaluate_verify import verify
from lamforge.cli.evaluated import Asked, MaxCost, PriceInput, PriceOutput, RetryErrors, noted, show_result

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
    out: Annotated[Path, typer.Option(help="Folder of the result; the same command resumes it.")],
    model: Annotated[str, typer.Option(help="nano, a .gguf file, an http(s):// endpoint, or scripted.")] = "nano",
    format: Annotated[
        str | None, typer.Option(help="Of a GGUF that does not name its own, such as xlam-qwen/hf.")
    ] = None,
    constrain: Annotated[bool, typer.Option(help="Let a GGUF write no call that is wrong by its schema.")] = True,
    tasks: Annotated[Path | None, typer.Option(help="A tasks.jsonl; by default the domain's own.")] = None,
    split: Annotated[
        Literal["test", "train", "all"] | None,
        typer.Option(help="Of the tasks: test if they are the domain's own, all of a file."),
    ] = None,
    task: Annotated[
        list[str] | None, typer.Option(help="Only the tasks of these ids; may be given several times.")
    ] = None,
    wording: Annotated[
        Literal["training", "held-out"],
        typer.Option(help="The words of the scripted user: those that training data have, or others."),
    ] = "training",
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first so many tasks.")] = None,
    trials: Annotated[int, typer.Option(min=1, max=64, help="Episodes per task, each with other words.")] = 4,
    temperature: Annotated[float, typer.Option(min=0.0, max=2.0)] = 0.0,
    max_tokens: Annotated[int, typer.Option(min=1, max=32_768, help="Of one assistant message.")] = 256,
    concurrency: Annotated[
        int | None,
        typer.Option(min=1, max=1024, help="Requests at a time at most; by default what the model can take."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the users' words and of the sampling.")] = 0,
    retry_errors: RetryErrors = False,
    price_input: PriceInput = 0.0,
    price_output: PriceOutput = 0.0,
    max_cost: MaxCost = None,
    json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON, alone, on stdout.")] = False,
) -> None:
    """Play a domain's held-out tasks with the scripted user: pass^k, what goes wrong, and a report to read."""
    from lamforge.domains import load_domain, load_tasks
    from lamforge.evaluate.part import chosen_tasks

    loaded = load_domain(domain)
    own = load_tasks(tasks) if tasks is not None else loaded.tasks
    split = split or ("all" if tasks is not None else "test")
    chosen, part = chosen_tasks([each for each in own if split in ("all", each.split)], task, limit)
    asked = Asked(model, format, constrain, concurrency, price_input, price_output, max_cost)
    sampling = {"temperature": temperature, "max_tokens": max_tokens}
    with progress_bar("evaluate", "episodes") as update:
        summary = asyncio.run(
            _score(
                asked,
                sampling,
                update,
                domain=loaded,
                tasks=chosen,
                part=part,
                held_out=wording == "held-out",
                out=out,
                trials=trials,
                seed=seed,
                retry_errors=retry_errors,
            )
        )
    show_result("domain", summary, out, json)


async def _score(asked: Asked, sampling: dict[str, Any], update: Any, **options: Any) -> Any:
    from lamforge.evaluate import evaluate_domain
    from lamforge.simulate.client_agent import ClientAgent

    async with asked.open() as (model, client, room):
        return await evaluate_domain(
            make_agent=lambda seed: ClientAgent(client, seed=seed, **sampling),
            model=model.name,
            concurrency=room,
            made={**model.describe(), **sampling},
            price=client.price,
            progress=noted(update, client),
            **options,
        )
