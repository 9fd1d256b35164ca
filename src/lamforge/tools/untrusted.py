"""Checks of tools that come from outside: a schema is data, and its size, depth, fan-out and patterns are bounded."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from typing import Any

from lamforge.errors import SchemaError, bounded
from lamforge.tools.unfolding import MAX_DEPTH as MAX_UNFOLDED_DEPTH
from lamforge.tools.unfolding import target, unfolded_size
from lamforge.tools.validation import compile_validator

MAX_BYTES = 256 * 1024  # of one tool as JSON
MAX_DEPTH = 32  # levels of JSON in the parameters
MAX_CHOICES = 4096  # entries of one enum, properties of one object
MAX_PATTERNS = 64  # each may take a megabyte once compiled
MAX_UNFOLDED = 100_000  # nodes of the schema with every reference written out
NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")  # OpenAI's names, and the dots that BFCL has in them

_SHAPE = 'A tool is {"name": ..., "description": ..., "parameters": {JSON Schema of an object}}.'
_POINTER = "#/"
_SAME_VALUE = ("allOf", "anyOf", "oneOf", "not", "if", "then", "else")  # with "$ref": what holds the same value again


def check_tool(tool: Any, *, where: object = None) -> None:
    """Checks the shape and the schema of one tool, bare or in OpenAI's wrapper.

    Raises:
        SchemaError: saying what is wrong with it.
    """
    function = tool.get("function", tool) if isinstance(tool, dict) else None
    if not isinstance(function, dict) or not isinstance(function.get("name"), str):
        raise SchemaError(f"is no tool: {_bounded(tool)}", where=where, remedy=_SHAPE)
    if "function" in tool and tool.get("type", "function") != "function":
        raise SchemaError(f"is a tool of type {_bounded(tool['type'])}", where=where, remedy='Use "type": "function".')
    name = function["name"]
    if not NAME.fullmatch(name):
        remedy = "Use 1 to 64 of the characters A-Z a-z 0-9 _ . -"
        raise SchemaError(f"the name {bounded(name)} cannot be called", where=where, remedy=remedy)
    where = name if where is None else where
    if not isinstance(function.get("description") or "", str):
        raise SchemaError("the description is no text", where=where, remedy=_SHAPE)
    parameters = function.get("parameters") or {}
    if not isinstance(parameters, dict) or parameters.get("type", "object") != "object":
        raise SchemaError("the parameters are no schema of an object", where=where, remedy=_SHAPE)
    check_schema(parameters, where=where)
    _check_size(tool, where)


def check_schema(schema: dict[str, Any], *, where: object = None) -> None:
    """Checks that a JSON Schema is one, and that its size, depth and patterns are within bounds.

    Raises:
        SchemaError: saying what is wrong with it.
    """
    _check_nodes(schema, where)
    _check_size(schema, where)
    _check_references(schema, where)
    _check_cycles(schema, where)
    try:
        compile_validator(schema)
    except SchemaError as error:
        remedy = (
            "Write the parameters as JSON Schema, draft 2020-12, without look-around or back-references in patterns."
        )
        raise SchemaError(f"the schema {error.what}", where=where, remedy=remedy) from error


def _bounded(value: Any) -> str:
    try:
        return bounded(value)
    except RecursionError:
        return "a value nested too deep"


def _check_size(tool: Any, where: object) -> None:
    try:
        size = len(json.dumps(tool, ensure_ascii=False, allow_nan=False).encode())
    except (RecursionError, ValueError, TypeError) as error:
        raise SchemaError(f"cannot be written as JSON: {error}", where=where) from error
    if size > MAX_BYTES:
        raise SchemaError(f"takes {size} bytes", where=where, remedy=f"At most {MAX_BYTES} are allowed.")


def _check_nodes(schema: Any, where: object) -> None:
    """Bounds the depth, the choices, the patterns and the references of a schema, without recursion."""
    stack = [(schema, 1)]
    patterns = 0
    while stack:
        node, depth = stack.pop()
        if not isinstance(node, (dict, list)):
            continue
        if depth > MAX_DEPTH:
            raise SchemaError(f"the schema is nested deeper than {MAX_DEPTH} levels", where=where, remedy="Flatten it.")
        if len(node) > MAX_CHOICES:
            what = f"the schema has {len(node)} entries in one place"
            raise SchemaError(what, where=where, remedy=f"At most {MAX_CHOICES} are allowed.")
        if isinstance(node, dict):
            reference = node.get("$ref", node.get("$dynamicRef"))
            if isinstance(reference, str) and reference != "#" and not reference.startswith(_POINTER):
                remedy = "Only references within the schema (#/...) are followed."
                raise SchemaError(f"the schema refers to {bounded(reference)}", where=where, remedy=remedy)
            named = node.get("patternProperties")
            patterns += isinstance(node.get("pattern"), str) + (len(named) if isinstance(named, dict) else 0)
            if patterns > MAX_PATTERNS:
                raise SchemaError(f"the schema has more than {MAX_PATTERNS} patterns", where=where)
        stack += [(child, depth + 1) for child in (node.values() if isinstance(node, dict) else node)]


def _check_references(schema: Any, where: object) -> None:
    """Bounds what a value may be held against once every reference is written out."""
    size = unfolded_size(schema)
    if size is None:
        what = f"the schema is deeper than {MAX_UNFOLDED_DEPTH} levels once its references are written out"
        raise SchemaError(what, where=where, remedy="Flatten it.")
    if size > MAX_UNFOLDED:
        what = f"the schema stands for {size} nodes once its references are written out"
        raise SchemaError(what, where=where, remedy=f"At most {MAX_UNFOLDED} are allowed.")


def _check_cycles(schema: Any, where: object) -> None:
    """Refuses what is a part of itself at the same place of a value; the parts of a tree are further inside."""
    nodes: list[dict[str, Any]] = []
    stack = [schema]
    while stack:
        node = stack.pop()
        if isinstance(node, dict):
            nodes.append(node)
        if isinstance(node, (dict, list)):
            stack += node.values() if isinstance(node, dict) else node
    if not any("$ref" in node for node in nodes):
        return
    parts = {id(node): [id(part) for part in _same_value(schema, node)] for node in nodes}
    try:
        TopologicalSorter(parts).prepare()
    except CycleError as error:
        remedy = "Let a reference to itself stand in properties or items."
        raise SchemaError("the schema refers to itself without end", where=where, remedy=remedy) from error


def _same_value(schema: Any, node: dict[str, Any]) -> Iterator[Any]:
    if isinstance(node.get("$ref"), str):
        yield target(schema, node["$ref"])
    for key in _SAME_VALUE:
        held = node.get(key)
        yield from held if isinstance(held, list) else [held]
