"""The tools of Schema-Guided Dialogue as small models read them: few, with short names and typed parameters."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

from lamforge.data.exchange.sgd import ANY
from lamforge.data.exchange.tool_lists import fit_name
from lamforge.tools import spaced

_TRUTHS = {"True": True, "False": False}
_MOST_TOOLS, _LONGEST_TOOLS = 4, 2200  # tools, and characters of them, from which none is added that is not called

Tool = dict[str, Any]


def offered(tools: list[Tool], called: set[str], rng: random.Random) -> list[Tool]:
    """The tools that are called and some others, in any order."""
    used = [tool for tool in tools if tool["function"]["name"] in called]
    others = [tool for tool in tools if tool["function"]["name"] not in called]
    for tool in rng.sample(others, rng.randint(0, len(others))):
        if len(used) < _MOST_TOOLS and len(json.dumps([*used, tool], indent=4)) <= _LONGEST_TOOLS:
            used.append(tool)
    rng.shuffle(used)
    return used


def new_names(tools: list[str], rng: random.Random) -> dict[str, str]:
    """Old name -> new one, all in one of several styles; two of one name keep their services' names."""
    styles: list[Callable[[str, str], str]] = [
        lambda service, intent: _snake(intent),
        lambda service, intent: intent[0].lower() + intent[1:],
        lambda service, intent: f"{service.lower()}_{_snake(intent)}",
    ]
    style = rng.choice(styles)
    parts = {name: (name.split("_")[0], name.rsplit("_", 1)[-1]) for name in tools}
    named = {name: fit_name(style(service, intent)) for name, (service, intent) in parts.items()}
    return named if len(set(named.values())) == len(named) else {name: _snake(name.replace("_", "")) for name in tools}


def _snake(name: str) -> str:
    return spaced(name).replace(" ", "_").lower()


def lean_tool(tool: Tool, names: dict[str, str], *, described: bool) -> Tool:
    """A tool with typed parameters, without the service's advertisement."""
    function = tool["function"]
    parameters = function["parameters"]
    properties = {name: typed(schema, described) for name, schema in parameters["properties"].items()}
    about = function["description"].rsplit(" (", 1)[0].rstrip(".") + "."
    lean = {"type": "object", "properties": properties, "required": parameters["required"]}
    function = {"name": names[function["name"]], "description": about, "parameters": lean}
    return {"type": "function", "function": function}


def typed(schema: dict[str, Any], described: bool) -> dict[str, Any]:
    """A parameter's schema with the type that its values have."""
    values = [value for value in schema.get("enum", ()) if value != ANY]
    about = {"description": schema["description"]} if described else {}
    if values and all(value in _TRUTHS for value in values):
        return {"type": "boolean", **about}
    if values and all(value.isdecimal() for value in values):
        return {"type": "integer", "enum": [int(value) for value in values], **about}
    return {"type": "string", **({"enum": values} if values else {}), **about}


def typed_value(value: Any, schema: dict[str, Any]) -> Any:
    """A value as a schema of `typed` wants it."""
    if schema["type"] == "boolean":
        return _TRUTHS.get(value, value)
    return int(value) if schema["type"] == "integer" and str(value).isdecimal() else value
