"""From generated text to OpenAI deltas, and the prompts that force a call."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

from lamforge.engines.base import Delta
from lamforge.errors import UsageError, bounded
from lamforge.formats import Format
from lamforge.tools import bare

_CALL_BEGINS = "[{`<"  # characters that a call, or its wrapper, begins with


def forced_start(tool_choice: str, tools: list[dict[str, Any]] | None) -> str:
    """The beginning of the assistant's turn that makes it call; empty when it is free.

    Args:
        tool_choice: "auto", "none", "required", or a tool's name.
    Raises:
        UsageError: if the choice names no tool.
    """
    if tool_choice in ("auto", "none"):
        return ""
    names = [bare(tool)["name"] for tool in tools or ()]
    if tool_choice == "required" and names:
        return '[{"name": "'
    if tool_choice not in names:
        known = ", ".join(names) or "none are given"
        raise UsageError(
            f"tool choice {bounded(tool_choice)} is not possible",
            remedy=f"Use auto, none, required, or a tool: {known}.",
        )
    return f'[{{"name": {json.dumps(tool_choice, ensure_ascii=False)}, "arguments": '


async def contents(pieces: AsyncIterator[str]) -> AsyncGenerator[Delta, None]:
    """Everything as content: for an answer that must not call."""
    async for piece in pieces:
        yield {"content": piece}


async def deltas(
    pieces: AsyncIterator[str], start: str, fmt: Format, tools: list[dict[str, Any]] | None
) -> AsyncGenerator[Delta, None]:
    """Content as it comes, calls when they are whole; joined, exactly what `fmt.parse` reads in the whole text.

    Args:
        pieces: The generated text.
        start: What the assistant's turn was made to begin with; part of the text.
    """
    parts, sent, held = [start], 0, bool(start)
    waiting = ""  # whitespace that is content only if more follows
    async for piece in pieces:
        parts.append(piece)
        held = held or any(character in piece for character in _CALL_BEGINS)
        if held:
            continue
        waiting += piece
        ready = waiting.rstrip() if sent else waiting.strip()
        if ready:
            yield {"content": ready}
            sent += len(ready)
            waiting = waiting[len(waiting.rstrip()) :]
    message = fmt.parse("".join(parts), tools)
    if rest := (message.content or "")[sent:]:
        yield {"content": rest}
    for index, call in enumerate(message.tool_calls or ()):
        arguments = json.dumps(call.function.arguments, ensure_ascii=False)
        function = {"name": call.function.name, "arguments": arguments}
        yield {"tool_calls": [{"index": index, "id": call.id, "type": "function", "function": function}]}
