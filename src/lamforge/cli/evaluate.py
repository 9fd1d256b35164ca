"""`lamforge eval`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Any

import typer

from lamforge.cli.console import next_step, print_json, progress_bar, show_notes, summary_table
from lamforge.cli.evaluate_bfcl import bfcl
from lamforge.cli.evaluate_verify import verify

app = typer.Typer(
    no_args_is_help=True, help="Score a model on tasks it never saw.", rich_markup_mode=None, add_completion=False
)


@app.callback()
def _group() -> None:
    """Score a model on tasks it never saw."""


app.command()(bfcl)
app.command()(verify)


@app.command()
def domain(
    domain: Annotated[str, typer.Option(help="A bundled domain's name, or your folder.")],
    out: Annotated[Path, typer.Option(help="Folder of the result; the same command resumes it.")],
    model: Annotated[str, typer.Option(help="nano, a .gguf file, an http(s):// endpoint, or scripted.")] = "nano",
    format: Annotated[
        str | None, typer.Option(help="Of a GGUF that does not name its own, such as xlam-qwen/hf.")
    ] = None,
    constrain: Annotated[bool, typer.Option(help="Let a GGUF write no call that is wrong by its schema.")] = True,
    tasks: Annotated[
        Path | None, typer.Option(help="A tasks.jsonl; by default the test tasks of the domain's own.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first so many tasks.")] = None,
    trials: Annotated[int, typer.Option(min=1, max=64, help="Episodes per task, each with other words.")] = 4,
    temperature: Annotated[float, typer.Option(min=0.0, max=2.0)] = 0.0,
    max_tokens: Annotated[int, typer.Option(min=1, max=32_768, help="Of one assistant message.")] = 256,
    concurrency: Annotated[
        int | None, typer.Option(min=1, max=1024, help="Episodes in flight; by default what suits the model.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the users' words and of the sampling.")] = 0,
    json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON, alone, on stdout.")] = False,
) -> None:
    """Play a domain's held-out tasks with the scripted user: pass^k, what goes wrong, and a report to read."""
    from lamforge.domains import load_domain, load_tasks

    loaded = load_domain(domain)
    chosen = load_tasks(tasks) if tasks is not None else [task for task in loaded.tasks if task.split == "test"]
    sampling = {"temperature": temperature, "max_tokens": max_tokens}
    with progress_bar("evaluate", "episodes") as update:
        summary = asyncio.run(
            _score(
                model,
                format,
                constrain,
                sampling,
                concurrency,
                domain=loaded,
                tasks=chosen[:limit],
                out=out,
                trials=trials,
                seed=seed,
                progress=lambda done, total, rate: update(done, total),
            )
        )
    if json:
        print_json(summary.as_dict())
    else:
        summary_table("eval domain", [*summary.rows(), ("report", str(out / "report.html"))])
        next_step(f"open {out / 'report.html'}")
    summary.require_complete()


async def _score(
    spec: str, format: str | None, constrain: bool, sampling: dict[str, Any], concurrency: int | None, **options: Any
) -> Any:
    from lamforge.engines import open_model
    from lamforge.evaluate import evaluate_domain
    from lamforge.simulate import ModelAgent

    model = open_model(spec, format=format, slots=concurrency, constrained=constrain)
    show_notes(model)
    try:
        return await evaluate_domain(
            make_agent=lambda seed: ModelAgent(model, seed=seed, **sampling),
            model=model.name,
            concurrency=concurrency or model.slots,
            made={"model_spec": spec, **model.describe(), **sampling},
            **options,
        )
    finally:
        await model.aclose()
