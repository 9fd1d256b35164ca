"""Tools that come from outside: what is refused before it is compiled, shown to a model or run."""

from __future__ import annotations

from typing import Any

import pytest

from lamforge.errors import SchemaError
from lamforge.tools import check_tool


def _with(**parameters: Any) -> dict[str, Any]:
    return {"name": "weather", "description": "The weather.", "parameters": {"type": "object", **parameters}}


def _deep(levels: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(levels):
        schema = {"items": schema}
    return schema


def _doubling(levels: int) -> dict[str, Any]:
    definitions = {f"d{i}": {"allOf": [{"$ref": f"#/$defs/d{i + 1}"}] * 2} for i in range(levels)}
    return _with(properties={"a": {"$ref": "#/$defs/d0"}}, **{"$defs": {**definitions, f"d{levels}": {}}})


def _chain(length: int) -> dict[str, Any]:
    definitions = {f"d{i}": {"$ref": f"#/$defs/d{i + 1}"} for i in range(length)}
    return _with(properties={"a": {"$ref": "#/$defs/d0"}}, **{"$defs": {**definitions, f"d{length}": {}}})


_RING = {"$ref": "#/$defs/b"}


@pytest.mark.parametrize(
    "tool",
    [
        {"name": "now"},
        {"name": "math.sqrt", "parameters": {"type": "object", "properties": {"x": {"type": "number"}}}},
        _with(properties={"a": {"$ref": "#/$defs/n"}}, **{"$defs": {"n": {"items": {"$ref": "#/$defs/n"}}}}),
        _with(properties={"$ref": {"type": "string"}, "pattern": {"type": "string"}}),
        _with(properties={"a": _deep(29)}),
        _with(properties={f"p{i}": {"enum": list(range(20))} for i in range(500)}),
        _with(properties={"a": {"type": "string", "pattern": "^#W[0-9]+$"}}),
        _doubling(8),
        {"name": "now", "description": None, "parameters": None},
        {"name": "now", "parameters": []},  # some exporters write no parameters like this
    ],
)
def test_an_ordinary_tool_passes_in_either_shape(tool: dict[str, Any]) -> None:
    check_tool(tool)
    check_tool({"type": "function", "function": tool})


@pytest.mark.parametrize(
    ("tool", "named"),
    [
        (None, "is no tool"),
        ([], "is no tool"),
        ({}, "is no tool"),
        ({"name": 3}, "is no tool"),
        ({"type": "function", "function": "weather"}, "is no tool"),
        ({"type": "browser", "function": {"name": "a"}}, "type 'browser'"),
        ({"name": ""}, "cannot be called"),
        ({"name": "a b"}, "cannot be called"),
        ({"name": "a" * 65}, "cannot be called"),
        ({"name": "a\n"}, "cannot be called"),
        ({"name": "a", "description": 3}, "description"),
        ({"name": "a", "parameters": [1]}, "no schema of an object"),
        ({"name": "a", "parameters": {"type": "string"}}, "no schema of an object"),
        (_with(properties={"a": {"type": "dict"}}), r"\['properties'\]\['a'\]\['type'\]"),
        (_with(properties=[]), "no usable JSON Schema"),
        (_with(properties={"a": {"pattern": "(a"}}), "regex"),
        (_with(properties={"a": {"pattern": r"(a)\1"}}), "regex"),
        (_with(properties={"a": {"pattern": "(x{1000}){1000}"}}), "regex"),
        (_with(properties={"a": _deep(40)}), "deeper than 32"),
        (_with(properties={"a": _deep(20_000)}), "deeper than 32"),
        (_with(properties={f"p{i}": {} for i in range(5000)}), "5000 entries"),
        (_with(properties={"a": {"enum": list(range(5000))}}), "5000 entries"),
        (_with(properties={"a": {"description": "x" * 300_000}}), "bytes"),
        (_with(properties={"a": {"default": float("nan")}}), "JSON"),
        (_with(properties={"a": {"$ref": "http://127.0.0.1:9/x"}}), "refers to"),
        (_with(properties={"a": {"$ref": "other.json"}}), "refers to"),
        (_with(properties={"a": {"$ref": "#/$defs/none"}}), "does not exist"),
        (_with(patternProperties={f"^{i}$": {} for i in range(100)}), "patterns"),
        (_doubling(40), "references"),
        (_chain(500), "references"),
        (_with(properties={"a": {"$ref": "#/properties/a"}}), "without end"),
        (_with(properties={"a": _RING}, **{"$defs": {"b": {"anyOf": [{"type": "null"}, _RING]}}}), "without end"),
        (_with(allOf=[{"if": {"$ref": "#"}}]), "without end"),
    ],
)
def test_a_tool_that_cannot_be_used_or_is_an_attack_is_refused_with_a_reason(tool: Any, named: str) -> None:
    with pytest.raises(SchemaError, match=named) as caught:
        check_tool(tool, where="given.json")
    assert str(caught.value).startswith("given.json: ")
    assert len(str(caught.value)) < 600
