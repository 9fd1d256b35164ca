"""Agents that need no script: a model behind an engine, and one that does nothing."""

from __future__ import annotations

from typing import Any

from lamforge.engines import ContextError, Model, collect
from lamforge.messages import Message, Usage
from lamforge.simulate.episode import ContextOverflow


class ModelAgent:
    """A model that sees the policy, the tools and the conversation, and nothing of the task.

    Args:
        model: What `open_model` returned.
        temperature: 0 is greedy.
        max_tokens: Limit of one assistant message.
        seed: Of the sampling; it has no effect at temperature 0.
    """

    def __init__(self, model: Model, *, temperature: float = 0.0, max_tokens: int = 512, seed: int = 0) -> None:
        self.name = model.name
        self._model = model
        self._temperature = temperature
        self._max_tokens = max_tokens
        self._seed = seed

    async def respond(self, messages: list[Message], tools: list[dict[str, Any]]) -> tuple[Message, Usage]:
        """See `lamforge.simulate.episode.Agent`."""
        stream = self._model.chat(
            messages, tools=tools, temperature=self._temperature, max_tokens=self._max_tokens, seed=self._seed
        )
        try:
            message, _, usage = await collect(stream)
        except ContextError as error:
            raise ContextOverflow(str(error)) from error
        return message, Usage(
            prompt_tokens=usage.get("prompt_tokens", 0), completion_tokens=usage.get("completion_tokens", 0)
        )


class DoNothingAgent:
    """Says one polite sentence, whatever is asked: the floor that every score is compared with."""

    name = "do-nothing"

    async def respond(self, messages: list[Message], tools: list[dict[str, Any]]) -> tuple[Message, Usage]:
        """See `lamforge.simulate.episode.Agent`."""
        return Message(role="assistant", content="I understand. Is there anything else I can help you with?"), Usage()
