"""Reading an assistant's text: calls in any of the notations in use, and everything else as content.

A bare list of calls or a single one, in a `json` code fence, in `<tool_call>` blocks or after `[TOOL_CALLS]`, with text
before and after. Links, lists, other JSON and other code blocks stay content.
"""

from __future__ import annotations

import re
from typing import Any

from lamforge.errors import bounded
from lamforge.formats.calls import Call
from lamforge.formats.scan import scan
from lamforge.messages import Function, Message, ToolCall
from lamforge.tools import bare, validate_arguments

_SURROGATE = re.compile("[\ud800-\udfff]")


def parse(text: str, tools: list[dict[str, Any]] | None = None) -> Message:
    """The message in a generated text; total. A broken call stays in `content`, and `problem` says what is wrong.

    Args:
        tools: If given, calls to others and arguments that break the schema are noted in the calls' `problems`. Each
            must be one that `lamforge.tools.check_tool` accepts.
    """
    text = _SURROGATE.sub("\ufffd", text)  # no UTF-8 file can hold one
    calls, content, problem = scan(text)
    if not calls:
        return Message(role="assistant", content=text.strip(), problem=problem)
    made = [
        ToolCall(id=f"call_{number}", function=Function(name=call.name, arguments=call.arguments))
        for number, call in enumerate(calls)
    ]
    if tools is not None:
        offered = {bare(tool)["name"]: bare(tool).get("parameters") or {} for tool in tools}
        for call, tool_call in zip(calls, made, strict=True):
            tool_call.problems = _problems(call, offered)
    return Message(role="assistant", content=content.strip() or None, tool_calls=made, problem=problem)


def _problems(call: Call, offered: dict[str, dict[str, Any]]) -> list[str]:
    if call.name not in offered:
        return [f"unknown tool {bounded(call.name)}"]
    return validate_arguments(offered[call.name], call.arguments)
