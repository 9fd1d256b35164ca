"""`lamforge export template`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def template(
    format: Annotated[str, typer.Argument(help="Such as xlam-qwen/always.")],
    out: Annotated[Path | None, typer.Option(help="File to write; by default it is printed.")] = None,
) -> None:
    """Write a format's chat template for vLLM's --chat-template and llama-server's --chat-template-file."""
    from lamforge.formats import get_format
    from lamforge.formats.served import served_template
    from lamforge.journal import write_atomically

    text = served_template(get_format(format))
    if out is None:
        typer.echo(text, nl=False)
    else:
        write_atomically(out, text)
