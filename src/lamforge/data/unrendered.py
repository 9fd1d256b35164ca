"""What a conversation says that a format does not write."""

from __future__ import annotations

from lamforge.errors import bounded
from lamforge.formats import Format
from lamforge.messages import Finding, Trajectory


def unrendered(trajectory: Trajectory, fmt: Format) -> list[Finding]:
    """The texts beside calls, where the format writes the calls alone: a model never learns them."""
    if fmt.text_beside_calls:
        return []
    return [
        Finding(code="text_not_rendered", message=place, detail=bounded((message.content or "").strip(), 80))
        for place, message in enumerate(trajectory.messages)
        if message.role == "assistant" and message.tool_calls and (message.content or "").strip()
    ]
