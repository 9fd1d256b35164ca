"""The tables that augmentations draw from: words, phrases and tools of our own, in files beside this one."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

_FOLDER = Path(__file__).parent / "tables"


@cache
def table(name: str) -> Any:
    """A table by its file's name."""
    return yaml.safe_load((_FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))


@cache
def distractors() -> list[dict[str, Any]]:
    """The tools of the table, in OpenAI's wrapper."""
    return [_tool(*row) for row in table("distractors")]


def _tool(name: str, description: str, parameters: dict[str, Any]) -> dict[str, Any]:
    properties = {key.strip("()"): _schema(kind) for key, kind in parameters.items()}
    required = [key for key in parameters if not key.startswith("(")]
    schema = {"type": "object", "properties": properties, "required": required}
    return {"type": "function", "function": {"name": name, "description": description, "parameters": schema}}


def _schema(kind: str | list[str]) -> dict[str, Any]:
    return {"type": kind} if isinstance(kind, str) else {"type": "string", "enum": kind}
