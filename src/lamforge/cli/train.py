"""`lamforge train`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lamforge.cli.console import next_step, print_json, progress_bar, summary_table
from lamforge.cli.trained import estimated_rows, trained_rows

if TYPE_CHECKING:
    from lamforge.train import Kind

app = typer.Typer(
    no_args_is_help=True, help="Train a model on trajectories.", rich_markup_mode=None, add_completion=False
)

Data = Annotated[
    list[Path] | None, typer.Option(help="Trajectories, a file or a folder, or a mix; may be given several times.")
]
Out = Annotated[Path | None, typer.Option(help="Folder of the model; the same command resumes it.")]
Overrides = Annotated[list[str] | None, typer.Argument(metavar="[KEY=VALUE]...", help="Win over the recipe.")]
RecipeName = Annotated[str, typer.Option("--recipe", help="A bundled recipe's name, or a YAML file.")]
Validation = Annotated[list[Path] | None, typer.Option(help="Held out; its loss is measured while training.")]
Domain = Annotated[str | None, typer.Option(help="A domain whose held-out tasks are played while training: pass^1.")]
Tasks = Annotated[Path | None, typer.Option(help="A tasks.jsonl; by default the test tasks of the domain's own.")]
Limit = Annotated[int, typer.Option(min=1, help="Only the first so many tasks.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what it would take, and train nothing.")]
Gpu = Annotated[str | None, typer.Option(help="Of the dry run, such as h100; by default this machine.")]
Processes = Annotated[int, typer.Option(min=1, help="Of the dry run: devices that share the model.")]
Json = Annotated[bool, typer.Option("--json", help="Print the summary as JSON, alone, on stdout.")]


@app.callback()
def _group() -> None:
    """Train a model on trajectories."""


@app.command()
def sft(
    overrides: Overrides = None,
    data: Data = None,
    out: Out = None,
    recipe: RecipeName = "nano",
    validation: Validation = None,
    domain: Domain = None,
    tasks: Tasks = None,
    limit: Limit = 20,
    dry_run: DryRun = False,
    gpu: Gpu = None,
    processes: Processes = 1,
    json: Json = False,
) -> None:
    """Fine-tune on what the assistant wrote, end-of-turn tokens included."""
    if dry_run:
        _show_estimate("sft", recipe, overrides, data, gpu, processes, json)
    else:
        _train("sft", recipe, overrides, data, out, validation, (domain, tasks, limit), json)


@app.command()
def dpo(
    overrides: Overrides = None,
    data: Data = None,
    out: Out = None,
    recipe: RecipeName = "nano",
    validation: Validation = None,
    domain: Domain = None,
    tasks: Tasks = None,
    limit: Limit = 20,
    dry_run: DryRun = False,
    gpu: Gpu = None,
    processes: Processes = 1,
    json: Json = False,
) -> None:
    """Learn from accepted and rejected conversations of the same tasks which to prefer."""
    if dry_run:
        _show_estimate("dpo", recipe, overrides, data, gpu, processes, json)
    else:
        _train("dpo", recipe, overrides, data, out, validation, (domain, tasks, limit), json)


@app.command()
def pretrain(
    overrides: Overrides = None,
    data: Annotated[
        list[Path] | None, typer.Option(help='Texts, lines with "text", trajectories, or a mix of them.')
    ] = None,
    out: Out = None,
    recipe: RecipeName = "scratch",
    validation: Validation = None,
    dry_run: DryRun = False,
    gpu: Gpu = None,
    processes: Processes = 1,
    json: Json = False,
) -> None:
    """Train on texts and conversations, from a base or from nothing: every token has a loss."""
    if dry_run:
        _show_estimate("pretrain", recipe, overrides, data, gpu, processes, json)
    else:
        _train("pretrain", recipe, overrides, data, out, validation, (None, None, 1), json)


def _train(
    kind: Kind,
    name: str,
    overrides: list[str] | None,
    data: list[Path] | None,
    out: Path | None,
    validation: list[Path] | None,
    played: tuple[str | None, Path | None, int],
    json: bool,
) -> None:
    from lamforge.cli.judging import make_judge
    from lamforge.errors import UsageError
    from lamforge.train import load_recipe, train
    from lamforge.train.processes import is_main

    recipe = load_recipe(name, overrides)
    if out is None:
        raise UsageError("no folder for the model", remedy="Give --out.")
    domain, tasks, limit = played
    judge = make_judge(domain, tasks, limit, recipe.training.seed) if domain is not None else None
    if not is_main():  # the first process speaks for all
        train(kind, recipe, data or [], out, validation=validation, judge=judge)
        return
    with progress_bar("train", "steps") as update:
        trained = train(kind, recipe, data or [], out, validation=validation, judge=judge, progress=update)
    if json:
        print_json({**vars(trained), "out": str(trained.out)})
        return
    summary_table(f"train {kind}", trained_rows(trained))
    check = f" --check {data[0]}" if data and kind == "sft" else ""
    next_step(
        f"lamforge export merge {out} --out {out}-merged" if recipe.lora else f"lamforge export gguf {out}{check}"
    )


def _show_estimate(
    kind: Kind,
    name: str,
    overrides: list[str] | None,
    data: list[Path] | None,
    gpu: str | None,
    processes: int,
    json: bool,
) -> None:
    from lamforge.train import load_recipe, require_train_extra
    from lamforge.train.estimate import estimate

    recipe = load_recipe(name, overrides)
    require_train_extra("an estimate")
    found = estimate(kind, recipe, data or [], gpu=gpu, processes=processes)
    if json:
        print_json({**vars(found), "memory": found.memory, "fits": found.fits})
    else:
        summary_table(f"train {kind}, dry run", estimated_rows(found))
