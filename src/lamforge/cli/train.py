"""`lamforge train`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lamforge.cli.console import next_step, print_json, progress_bar, summary_table

if TYPE_CHECKING:
    from lamforge.train import Kind, Recipe, Trained
    from lamforge.train.estimate import Estimate

app = typer.Typer(
    no_args_is_help=True, help="Train a model on trajectories.", rich_markup_mode=None, add_completion=False
)

Data = Annotated[list[Path] | None, typer.Option(help="A file or folder of trajectories; may be given several times.")]
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
    made = _load(recipe, overrides)
    if dry_run:
        _show_estimate("sft", made, data, gpu, processes, json)
    else:
        _train("sft", made, data, out, validation, (domain, tasks, limit), json)


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
    made = _load(recipe, overrides)
    if dry_run:
        _show_estimate("dpo", made, data, gpu, processes, json)
    else:
        _train("dpo", made, data, out, validation, (domain, tasks, limit), json)


@app.command()
def pretrain(
    overrides: Overrides = None,
    data: Annotated[list[Path] | None, typer.Option(help='Text files, or JSON lines with "text".')] = None,
    out: Out = None,
    recipe: RecipeName = "nano",
    validation: Validation = None,
    dry_run: DryRun = False,
    gpu: Gpu = None,
    processes: Processes = 1,
    json: Json = False,
) -> None:
    """Go on reading plain texts: every token has a loss."""
    made = _load(recipe, overrides)
    if dry_run:
        _show_estimate("pretrain", made, data, gpu, processes, json)
    else:
        _train("pretrain", made, data, out, validation, (None, None, 1), json)


def _load(name: str, overrides: list[str] | None) -> Recipe:
    from lamforge.train import load_recipe

    return load_recipe(name, overrides)


def _train(
    kind: Kind,
    recipe: Recipe,
    data: list[Path] | None,
    out: Path | None,
    validation: list[Path] | None,
    played: tuple[str | None, Path | None, int],
    json: bool,
) -> None:
    from lamforge.cli.judging import make_judge
    from lamforge.errors import UsageError
    from lamforge.train import train
    from lamforge.train.processes import is_main

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
    summary_table(f"train {kind}", _rows(trained))
    check = f" --check {data[0]}" if data and kind == "sft" else ""
    next_step(f"lamforge export {'merge' if recipe.lora else 'gguf'} {out}{'' if recipe.lora else check}")


def _rows(trained: Trained) -> list[tuple[str, object]]:
    from lamforge.train.result import TOO_LONG

    what = {"sft": "conversations", "dpo": "pairs", "pretrain": "texts"}[trained.kind]
    left = f", {trained.dropped} longer than the context left out" if trained.kind != "pretrain" else ""
    left += f": {TOO_LONG}" if trained.dropped else ""
    left += f", {trained.split} split" if trained.split else ""
    resumed = f", resumed at {trained.resumed_from:,}" if trained.resumed_from else ""
    resumed += ", stopped early" if trained.stopped_early else ""
    adapters = "" if trained.trained_parameters == trained.parameters else f", {trained.trained_parameters:,} of them"
    rows: list[tuple[str, object]] = [
        ("parameters", f"{trained.parameters:,}{adapters and adapters + ' trained'}"),
        (what, f"{trained.conversations:,}{left}"),
        *_unrendered(trained),
        ("trained tokens", f"{trained.tokens:,} an epoch"),
        ("computed per conversation token", f"{trained.computed_per_token:.2f}"),
        ("steps", f"{trained.steps:,}{resumed}"),
        ("loss", f"{trained.loss:.3f} nats a {trained.unit}, mean of the last tenth"),
    ]
    if trained.best or trained.evaluations:
        shown = trained.best or trained.evaluations[-1]
        numbers = ", ".join(f"{name} {shown[name]:.3f}" for name in ("loss", "pass^1") if name in shown)
        rows.append(("best, kept" if trained.best else "held out, last", f"{numbers} at step {shown['step']:,}"))
    return [*rows, ("time", f"{trained.seconds / 60:.1f} min"), ("folder", trained.out)]


def _unrendered(trained: Trained) -> list[tuple[str, object]]:
    if not trained.unrendered:
        return []
    return [("not learnt", f"texts beside calls in {trained.unrendered:,} of them, which the format does not write")]


def _show_estimate(
    kind: Kind, recipe: Recipe, data: list[Path] | None, gpu: str | None, processes: int, json: bool
) -> None:
    from lamforge.train import require_train_extra
    from lamforge.train.estimate import estimate

    require_train_extra("an estimate")
    found = estimate(kind, recipe, data or [], gpu=gpu, processes=processes)
    if json:
        print_json({**vars(found), "memory": found.memory, "fits": found.fits})
    else:
        summary_table(f"train {kind}, dry run", _estimated(found))


def _estimated(found: Estimate) -> list[tuple[str, object]]:
    def gigabytes(size: float) -> str:
        return f"{size / 1e9:.2f} GB"

    verdict = {True: "fits", False: "DOES NOT FIT", None: "not known"}[found.fits]
    of = f" of {gigabytes(found.device_memory)}: {verdict}" if found.device_memory else ""
    return [
        ("parameters", f"{found.parameters:,}, {found.trained_parameters:,} trained"),
        ("conversations", f"{found.conversations:,}"),
        ("tokens", f"{'' if found.counted else 'about '}{found.tokens:,} an epoch"),
        ("context", f"{found.context_length:,} tokens"),
        ("steps", f"{found.steps:,}"),
        ("device", f"{found.processes} x {found.device}"),
        ("weights", gigabytes(found.weights)),
        ("gradients", gigabytes(found.gradients)),
        ("optimizer", gigabytes(found.optimizer)),
        ("activations", gigabytes(found.activations)),
        ("memory of a device", f"{gigabytes(found.memory)}{of}"),
        ("work", f"{found.flops:.2g} operations"),
        ("time", _duration(found.seconds)),
    ]


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"about {seconds:.0f} s"
    return f"about {seconds / 60:.0f} min" if seconds < 5400 else f"about {seconds / 3600:.1f} h"
