"""Agents that need no model: what they score is what a benchmark gives for nothing."""

from __future__ import annotations

from typing import Any

from lamforge.messages import Message, Usage
from lamforge.simulate import DoNothingAgent

REFUSAL = "I am sorry, I cannot help you with that."


class RefusingAgent:
    """Refuses whatever is asked."""

    name = "refuse-all"

    async def respond(self, messages: list[Message], tools: list[dict[str, Any]]) -> tuple[Message, Usage]:
        """See `lamforge.simulate.Agent`."""
        return Message(role="assistant", content=REFUSAL), Usage()


BASELINES = {"do nothing": DoNothingAgent, "refuse all": RefusingAgent}
