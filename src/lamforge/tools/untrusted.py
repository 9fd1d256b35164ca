"""Checks of tools that come from outside: a schema is data, and its size, depth and patterns are bounded."""

from __future__ import annotations

import json
import re
from typing import Any

from lamforge.errors import SchemaError, bounded
from lamforge.tools.validation import compile_validator

MAX_BYTES = 256 * 1024  # of one tool as JSON
MAX_DEPTH = 32
MAX_CHOICES = 4096  # entries of one enum, properties of one object
NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")  # OpenAI's names, and the dots that BFCL has in them


def check_tool(tool: Any, *, where: object = None) -> None:
    """Checks the shape and the schema of one tool, bare or in OpenAI's wrapper.

    Raises:
        SchemaError: saying what is wrong with it.
    """
    shape = 'A tool is {"name": ..., "description": ..., "parameters": {JSON Schema of an object}}.'
    function = tool.get("function", tool) if isinstance(tool, dict) else None
    if not isinstance(function, dict) or not isinstance(function.get("name"), str):
        raise SchemaError(f"is no tool: {bounded(tool)}", where=where, remedy=shape)
    name = function["name"]
    if not NAME.fullmatch(name):
        raise SchemaError(
            f"the name {bounded(name)} cannot be called",
            where=where,
            remedy="Use 1 to 64 of the characters A-Z a-z 0-9 _ . -",
        )
    if not isinstance(function.get("description", ""), str):
        raise SchemaError(f"the description of {name} is no text", where=where)
    parameters = function.get("parameters", {})
    if not isinstance(parameters, dict) or parameters.get("type", "object") != "object":
        raise SchemaError(f"the parameters of {name} are no schema of an object", where=where, remedy=shape)
    _check_size(name, tool, where)
    _check_node(name, parameters, where)
    try:
        compile_validator(parameters)
    except ValueError as error:
        raise SchemaError(f"the parameters of {name} are no JSON Schema: {error}", where=where) from error


def _check_size(name: str, tool: Any, where: object) -> None:
    try:
        size = len(json.dumps(tool))
    except (RecursionError, ValueError, TypeError) as error:
        raise SchemaError(f"{name} cannot be written as JSON", where=where) from error
    if size > MAX_BYTES:
        raise SchemaError(f"{name} takes {size} bytes", where=where, remedy=f"At most {MAX_BYTES} are allowed.")


def _check_node(name: str, schema: Any, where: object) -> None:
    """Bounds the depth, the choices and the references of a schema, without recursion."""
    stack = [(schema, 0)]
    while stack:
        node, depth = stack.pop()
        if depth > MAX_DEPTH:
            raise SchemaError(f"the schema of {name} is nested deeper than {MAX_DEPTH}", where=where)
        if isinstance(node, (dict, list)) and len(node) > MAX_CHOICES:
            raise SchemaError(f"the schema of {name} has {len(node)} entries in one place", where=where)
        if isinstance(node, dict):
            reference = node.get("$ref")
            if isinstance(reference, str) and not reference.startswith("#"):
                raise SchemaError(
                    f"the schema of {name} refers to {bounded(reference)}",
                    where=where,
                    remedy="Only references within the schema (#/...) are followed.",
                )
            stack += [(child, depth + 1) for child in node.values()]
        elif isinstance(node, list):
            stack += [(child, depth + 1) for child in node]
