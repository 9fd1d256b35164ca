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


def wrapped(tool: Tool) -> Tool:
    """The function in OpenAI's wrapper: {"type": "function", "function": {...}}."""
    return tool if isinstance(tool.get("function"), dict) else {"type": "function", "function": tool}


def load_tools(path: Path) -> list[Tool]:
    """The tools of a JSON file that holds one or a list of them, in either shape; returned in OpenAI's wrapper.

    Raises:
        DataError: if the file cannot be read or is no JSON.
        SchemaError: naming the tool that cannot be used.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot be read: {error}", where=path) from error
    except ValueError as error:
        raise DataError(f"is not JSON: {error}", where=path) from error
    tools = value if isinstance(value, list) else [value]
    names: set[str] = set()
    for index, tool in enumerate(tools):
        check_tool(tool, where=f"{path}, tool {index}")
        name = bare(tool)["name"]
        if name in names:
            raise SchemaError(f"a second tool is called {name!r}", where=f"{path}, tool {index}")
        names.add(name)
    return [wrapped(tool) for tool in tools]
