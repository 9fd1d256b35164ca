"""Messages and calls as texts, so that no browser ever has to understand a model's JSON."""

from __future__ import annotations

import json
from typing import Any

from lamforge.messages import Message

_LONGEST = 20_000  # characters of one message that are shown
_MOST_CALLS = 200  # of one message that are shown


def shortened(text: str, limit: int, whole: str = "") -> str:
    """A text of at most so many characters, which says how many more there were, and which file has them all."""
    if len(text) <= limit:
        return text
    where = f"; the whole is in {whole}" if whole else ""
    return f"{text[:limit]}{chr(10) if chr(10) in text else ' '}… and {len(text) - limit:,} more characters{where}"


def message_text(message: Message, whole: str = "") -> dict[str, Any]:
    """{role, text, calls} of a message; calls are texts, too. `whole` names the file that has long ones whole."""
    made = [call_text(call.function.name, call.function.arguments) for call in message.tool_calls or ()]
    calls = [shortened(call, _LONGEST, whole) for call in made[:_MOST_CALLS]]
    calls += [f"… and {len(made) - _MOST_CALLS:,} more calls"] if len(made) > _MOST_CALLS else []
    text = _pretty(message.content or "") if message.role == "tool" else message.content or ""
    return {"role": message.role, "text": shortened(text, _LONGEST, whole), "calls": calls}


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
