"""From generated text to OpenAI deltas, and the prompts that force a call."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

from lamforge.engines.base import Delta
from lamforge.errors import UsageError, bounded
from lamforge.formats import Format
from lamforge.tools import bare


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
    """What a generated text says, as it comes.

    Args:
        pieces: The generated text.
        start: What the assistant's turn was made to begin with; part of the text.
    """
    parser = fmt.stream_parser(tools)
    for delta in parser.feed(start):
        yield delta
    async for piece in pieces:
        for delta in parser.feed(piece):
            yield delta
    for delta in parser.close():
        yield delta
