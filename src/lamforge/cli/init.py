"""`lamforge init`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lamforge.cli.console import next_step, out

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def init(folder: Annotated[Path, typer.Argument(help="Where to write it; must not exist or be empty.")]) -> None:
    """Write a small working domain folder to start your own from."""
    from lamforge.domains import write_template

    for path in write_template(folder):
        out.print(f"  {path}")
    next_step(f"lamforge generate multi --domain {folder} --tasks 200 --out runs/{folder.name}")
