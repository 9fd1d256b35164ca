"""What verbs ask of the model that they open."""

from __future__ import annotations

from typing import Annotated

import typer

MODEL = "nano, a .gguf file, hf:owner/name, an http(s):// endpoint, or scripted."

ModelSpec = Annotated[str, typer.Option(help=MODEL)]
FormatName = Annotated[str | None, typer.Option(help="Of a GGUF that does not name its own, such as xlam-qwen/hf.")]
Constrain = Annotated[bool, typer.Option(help="Let a GGUF write no call that is wrong by its schema.")]
MaxTools = Annotated[
    int | None,
    typer.Option(min=1, help="Show the model only so many tools: those that share most words with the user's."),
]
