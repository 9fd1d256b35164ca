"""`lamforge train`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lamforge.cli.console import next_step, print_json, progress_bar, summary_table

app = typer.Typer(
    no_args_is_help=True, help="Train a model on trajectories.", rich_markup_mode=None, add_completion=False
)


@app.callback()
def _group() -> None:
    """Train a model on trajectories."""


@app.command()
def sft(
    data: Annotated[list[Path], typer.Option(help="trajectories.jsonl; may be given several times.")],
    out: Annotated[Path, typer.Option(help="Folder of the model; the same command resumes it.")],
    overrides: Annotated[
        list[str] | None, typer.Argument(metavar="[KEY=VALUE]...", help="Win over the recipe.")
    ] = None,
    recipe: Annotated[str, typer.Option(help="A bundled recipe's name, or a YAML file.")] = "nano",
    json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON, alone, on stdout.")] = False,
) -> None:
    """Fine-tune on what the assistant wrote, end-of-turn tokens included."""
    from lamforge.train import load_recipe, train_sft

    with progress_bar("train", "steps") as update:
        trained = train_sft(load_recipe(recipe, overrides), data, out, progress=update)
    if json:
        print_json({**vars(trained), "out": str(trained.out)})
        return
    summary_table(
        "train sft",
        [
            ("parameters", f"{trained.parameters:,}"),
            ("conversations", f"{trained.conversations:,}, {trained.dropped} longer than the context left out"),
            ("trained tokens", f"{trained.tokens:,} an epoch"),
            ("computed per conversation token", f"{trained.computed_per_token:.2f}"),
            (
                "steps",
                f"{trained.steps:,}" + (f", resumed at {trained.resumed_from:,}" if trained.resumed_from else ""),
            ),
            ("loss", f"{trained.loss:.3f} nats a trained token, mean of the last tenth"),
            ("time", f"{trained.seconds / 60:.1f} min"),
            ("folder", trained.out),
        ],
    )
    next_step(f"lamforge export gguf {out} --check {data[0]}")
