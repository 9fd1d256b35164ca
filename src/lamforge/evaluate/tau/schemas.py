"""Schemas of tools from their docstrings, the way tau2-bench makes them: the types are ours, the words its own."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any, get_type_hints

from pydantic import Field, create_model

_SECTION = re.compile(r"^(Args|Arguments|Parameters|Params|Returns|Raises|Yields|Example|Examples):[ \t]*$", re.M)
_PARAMETER = re.compile(r"^(\w+):[ \t]?", re.M)

Descriptions = dict[str, dict[str, str]]  # class -> field -> words


def schema_of(name: str, function: Callable[..., Any], docstring: str, fields: Descriptions) -> dict[str, Any]:
    """A tool in OpenAI's shape.

    Args:
        function: Ours, for the types; its first argument is the state.
        docstring: The benchmark's, for the words.
        fields: What the benchmark says of the fields of its records.
    """
    description, arguments = parsed(docstring)
    types = get_type_hints(function)
    parameters: dict[str, Any] = {
        each: (types[each], Field(description=arguments[each]) if each in arguments else ...)
        for each in list(inspect.signature(function).parameters)[1:]
    }
    schema = create_model("parameters", **parameters).model_json_schema()
    for owner, definition in schema.get("$defs", {}).items():
        definition.pop("description", None)
        for field, words in fields.get(owner, {}).items():
            if field in definition["properties"]:
                definition["properties"][field] = {"description": words, **definition["properties"][field]}
    return {"type": "function", "function": {"name": name, "description": description or name, "parameters": schema}}


def parsed(docstring: str) -> tuple[str, dict[str, str]]:
    """What a Google-style docstring says: (description, {parameter: words})."""
    text = inspect.cleandoc(docstring)
    parts = _SECTION.split(text)
    first, _, rest = parts[0].partition("\n")
    description = "\n\n".join(part for part in (first.strip(), rest.strip()) if part)
    arguments: dict[str, str] = {}
    for title, body in zip(parts[1::2], parts[2::2], strict=True):
        if title in ("Args", "Arguments", "Parameters", "Params"):
            arguments = _arguments(inspect.cleandoc(body.strip("\n")))
    return description, arguments


def _arguments(body: str) -> dict[str, str]:
    pieces = _PARAMETER.split(body)
    found = {}
    for name, words in zip(pieces[1::2], pieces[2::2], strict=True):
        first, _, rest = words.partition("\n")
        found[name] = "\n".join(part for part in (first, inspect.cleandoc(rest)) if part).strip("\n")
    return found
