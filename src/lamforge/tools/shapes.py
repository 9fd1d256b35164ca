"""The two shapes that tools travel in, OpenAI's wrapper and the bare function, and files of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from lamforge.errors import DataError, SchemaError
from lamforge.tools.untrusted import check_tool

Tool = dict[str, Any]


def bare(tool: Tool) -> Tool:
    """The function alone: {name, description, parameters}, the shape that xLAM-2's prompts show."""
    function = tool.get("function")
    return function if isinstance(function, dict) else tool


def described(tool: Tool) -> Tool:
    """The bare function without what is said to the API alone, such as `strict`: what a model is to see."""
    return {key: value for key, value in bare(tool).items() if key in ("name", "description", "parameters")}


def wrapped(tool: Tool) -> Tool:
    """The function in OpenAI's wrapper: {"type": "function", "function": {...}}."""
    function = tool.get("function")
    return {"type": "function", "function": function if isinstance(function, dict) else tool}


def load_tools(path: str | Path) -> list[Tool]:
    """The tools of a JSON file that holds one, a list of them in either shape, or is a `tools.json` of an import.

    They are returned in OpenAI's wrapper.

    Raises:
        DataError: if the file cannot be read or is no JSON.
        SchemaError: naming the tool that cannot be used.
    """
    try:
        value = json.loads(Path(path).read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            f"cannot be read: {error}", where=path, remedy="Name a JSON file with a list of tools."
        ) from error
    except (ValueError, RecursionError) as error:
        raise DataError(
            f"is not JSON: {error}", where=path, remedy="Write one tool or a list of tools as JSON."
        ) from error
    names: dict[str, int] = {}
    if isinstance(value, dict) and isinstance(value.get("tools"), list):
        value = value["tools"]
    tools = value if isinstance(value, list) else [value]
    for index, tool in enumerate(tools):
        where = f"{path}, tool {index}"
        check_tool(tool, where=where)
        name = bare(tool)["name"]
        if name in names:
            what = f"a second tool is called {name!r}, like tool {names[name]}"
            raise SchemaError(what, where=where, remedy="Rename or remove one of them.")
        names[name] = index
    return [wrapped(tool) for tool in tools]
