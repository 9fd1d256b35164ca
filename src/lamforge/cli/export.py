"""`lamforge export`: the group. Each verb is a function of a module of its own."""

from __future__ import annotations

from collections.abc import Callable

import typer

from lamforge.cli import export_folder, export_gguf, export_push, export_template

app = typer.Typer(
    no_args_is_help=True,
    help="Turn a trained model into files that others run.",
    rich_markup_mode=None,
    add_completion=False,
)

COMMANDS: dict[str, Callable[..., None]] = {  # in the order of `lamforge export --help`
    "gguf": export_gguf.gguf,
    "hf": export_folder.hf,
    "merge": export_folder.merge,
    "card": export_folder.card,
    "push": export_push.push,
    "template": export_template.template,
}

for name, command in COMMANDS.items():
    app.command(name)(command)


@app.callback()
def _group() -> None:
    """Turn a trained model into files that others run."""
