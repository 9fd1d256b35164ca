"""Messages and calls as texts, so that no browser ever has to understand a model's JSON."""

from __future__ import annotations

import json
from typing import Any

from lamforge.messages import Message

_LONGEST = 20_000  # characters of one message that are shown


def message_text(message: Message) -> dict[str, Any]:
    """{role, text, calls} of a message; calls are texts, too."""
    calls = [call_text(call.function.name, call.function.arguments) for call in message.tool_calls or ()]
    text = _pretty(message.content or "") if message.role == "tool" else message.content or ""
    if len(text) > _LONGEST:
        text = f"{text[:_LONGEST]}\n… and {len(text) - _LONGEST} more characters"
    return {"role": message.role, "text": text, "calls": calls}


def call_text(name: str, arguments: dict[str, Any]) -> str:
    """A call as a programmer would write it, each argument on its line."""
    inside = ",\n".join(f"  {key} = {json.dumps(value, ensure_ascii=False)}" for key, value in arguments.items())
    return f"{name}(\n{inside}\n)" if inside else f"{name}()"


def _pretty(text: str) -> str:
    """A tool's JSON on several lines; other text as it is."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return json.dumps(value, ensure_ascii=False, indent=2) if isinstance(value, dict | list) else text
