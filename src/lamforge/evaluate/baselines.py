"""Agents that need no model: what they score is what a benchmark gives for nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lamforge.evaluate.episodes import MakeAgent
from lamforge.evaluate.suite import Play
from lamforge.messages import Message, Usage
from lamforge.simulate import Agent, DoNothingAgent

REFUSAL = "I am sorry, I cannot help you with that."


class RefusingAgent:
    """Refuses whatever is asked."""

    name = "refuse-all"

    async def respond(self, messages: list[Message], tools: list[dict[str, Any]]) -> tuple[Message, Usage]:
        """See `lamforge.simulate.Agent`."""
        return Message(role="assistant", content=REFUSAL), Usage()


BASELINES: dict[str, Callable[[], Agent]] = {"do nothing": DoNothingAgent, "refuse all": RefusingAgent}


def baseline_plays(player: Callable[[MakeAgent], Play]) -> dict[str, Play]:
    """How each of them plays a suite, whose `player` is given."""
    return {name: player(lambda seed, made=made: made()) for name, made in BASELINES.items()}  # type: ignore[misc]
