"""A conversation's tools, and its calls held against them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from lamforge.cache import ByteCache
from lamforge.errors import SchemaError, bounded
from lamforge.messages import Finding, Message
from lamforge.tools import bare
from lamforge.tools.untrusted import check_tool
from lamforge.tools.validation import ArgumentCheck

_KEPT = 64 << 20  # bytes of tools that are kept checked: conversations of one domain share them


class _Offered:
    """Tools that were looked at once."""

    def __init__(self, tools: list[dict[str, Any]]) -> None:
        self.faults: list[Finding] = []
        self.checks: dict[str, ArgumentCheck | None] = {}  # None for what no call can be held against
        for number, tool in enumerate(tools):
            try:
                check_tool(tool, where=f"tool {number}")
                name, parameters = bare(tool)["name"], bare(tool).get("parameters") or {}
                check: ArgumentCheck | None = ArgumentCheck(parameters)
            except SchemaError as error:
                self.faults.append(Finding(code="bad_tool", message=0, detail=str(error).split("\n")[0]))
                name, check = bare(tool).get("name"), None
            if name in self.checks:
                self.faults.append(Finding(code="duplicate_tool", message=0, detail=bounded(name, 80)))
            elif isinstance(name, str):
                self.checks[name] = check


_CACHE: ByteCache[_Offered] = ByteCache(_KEPT, lambda offered: 1 << 16)


def call_faults(messages: list[Message], tools: list[dict[str, Any]]) -> Iterator[Finding]:
    """What is wrong with the tools, then with each call: that it was not offered, or how its arguments are wrong."""
    offered = _CACHE.get(json.dumps(tools), lambda: _Offered(tools))
    yield from offered.faults
    for place, message in enumerate(messages):
        for call in message.tool_calls or ():
            name = call.function.name
            if name not in offered.checks:
                yield Finding(code="unknown_tool", message=place, detail=bounded(name, 80))
            elif check := offered.checks[name]:
                for problem in check.problems(call.function.arguments):
                    yield Finding(code="invalid_arguments", message=place, detail=f"{name}: {problem}")
