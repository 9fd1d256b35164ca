"""Tools as strangers list them: parsed, in OpenAI's wrapper, with names that can be called and schemas that hold."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any

from lamforge.data.exchange.draft import Unconvertible
from lamforge.data.exchange.types import mended, schema_of
from lamforge.data.strict_json import read_json
from lamforge.errors import SchemaError, bounded
from lamforge.tools import bare, wrapped
from lamforge.tools.untrusted import check_tool

_LONGEST = 64  # characters of a name, as OpenAI's API has it
_UNFIT = re.compile(r"[^A-Za-z0-9_.-]")
_SCHEMA_KEYS = frozenset(("type", "properties", "$ref", "anyOf", "oneOf", "allOf", "$defs"))
_PARAMETERS = ("parameters", "input_schema", "inputSchema", "params")


def fit_name(name: str) -> str:
    """A name that can be called: with "_" in place of what OpenAI's API takes in no name."""
    return _UNFIT.sub("_", name.strip())[:_LONGEST]


def tools_of(listed: Any) -> list[dict[str, Any]]:
    """The tools of a list or of the JSON of one; not to be changed, since equal lists are kept.

    Raises:
        Unconvertible: naming the tool that cannot be used.
    """
    if listed is None or listed == "":
        return []
    try:
        text = listed if isinstance(listed, str) else json.dumps(listed)
    except (TypeError, ValueError, RecursionError) as error:
        raise Unconvertible("tools", f"no JSON: {error}") from error
    return _read(text)


@lru_cache(maxsize=512)
def _read(text: str) -> list[dict[str, Any]]:
    try:
        found = read_json(text)
    except (ValueError, RecursionError) as error:
        raise Unconvertible("tools", f"no JSON: {error}") from error
    if isinstance(found, str):  # JSON of JSON
        try:
            found = read_json(found)
        except ValueError as error:
            raise Unconvertible("tools", f"no JSON: {error}") from error
    listed = found if isinstance(found, list) else [found] if found else []
    tools: dict[str, dict[str, Any]] = {}
    for number, each in enumerate(listed):
        tool = _tool(each, number)
        name = bare(tool)["name"]
        if name not in tools:
            tools[name] = tool
        elif tools[name] != tool:
            raise Unconvertible("tools", f"two different tools are called {bounded(name)}")
    return list(tools.values())


def _tool(each: Any, number: int) -> dict[str, Any]:
    function = bare(each) if isinstance(each, dict) else each
    if not isinstance(function, dict) or not isinstance(function.get("name"), str):
        raise Unconvertible("tools", f"tool {number} has no name")
    parameters = next((function[key] for key in _PARAMETERS if function.get(key) is not None), None)
    rest = {
        k: v for k, v in function.items() if k not in ("name", *_PARAMETERS) and not (k == "required" and v is None)
    }
    tool = wrapped({"name": fit_name(function["name"]), **rest, "parameters": _parameters(parameters)})
    try:
        check_tool(tool, where=f"tool {number} ({bounded(function['name'])})")
    except SchemaError as error:
        raise Unconvertible("tools", str(error).split("\n")[0]) from error
    return tool


def _parameters(given: Any) -> dict[str, Any]:
    if isinstance(given, str):
        try:
            given = read_json(given or "{}")
        except (ValueError, RecursionError) as error:
            raise Unconvertible("tools", f"parameters are no JSON: {error}") from error
    if not given:
        return {"type": "object", "properties": {}}
    if not isinstance(given, dict):
        raise Unconvertible("tools", f"parameters are no schema: {bounded(given)}")
    if not _SCHEMA_KEYS & given.keys() or _is_listing(given):
        return listing_schema(given)
    found = mended(given)
    if found.get("type") is None and "properties" in found:
        found = {"type": "object", **found}
    return found


def _is_listing(given: dict[str, Any]) -> bool:
    """Whether all values describe a parameter each, one of which may be called "type"."""
    return all(isinstance(each, dict) and isinstance(each.get("type"), str) for each in given.values())


def listing_schema(listed: dict[str, Any]) -> dict[str, Any]:
    """{name: {type, description, default}} with Python's types, as xlam-function-calling-60k has it, as JSON Schema.

    What has a default or says that it is optional is not required.
    """
    properties, required = {}, []
    for name, each in listed.items():
        each = each if isinstance(each, dict) else {"description": str(each)}
        written = each.get("type")
        if isinstance(written, str):
            schema, optional, known = schema_of(written)
        else:
            schema, optional, known = ({} if written is None else {"type": written}), False, True
        told = str(each.get("description") or "")
        if not known:
            told = f"{told} ({written})".strip()
        rest = {key: value for key, value in each.items() if key not in ("type", "description", "required")}
        properties[name] = {**schema, **({"description": told} if told else {}), **mended(rest)}
        optional = optional or "default" in each or each.get("required") is False
        if not optional:
            required.append(name)
    return {"type": "object", "properties": properties, **({"required": required} if required else {})}
