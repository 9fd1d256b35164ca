"""An agent for large jobs: a model behind a client that paces, retries and counts."""

from __future__ import annotations

from typing import Any

from lamforge.engines import ContextError
from lamforge.engines.client import Client
from lamforge.messages import Message, Usage, derived_seed
from lamforge.simulate.episode import ContextOverflow


class ClientAgent:
    """See `lamforge.simulate.episode.Agent`; it sees the policy, the tools and the conversation, never the task.

    Args:
        seed: The sampling of each message is derived from it.
    """

    def __init__(self, client: Client, *, temperature: float = 0.0, max_tokens: int = 1024, seed: int = 0) -> None:
        self.name = client.model.name
        self._client = client
        self._temperature = temperature
        self._max_tokens = max_tokens
        self._seed = seed

    async def respond(self, messages: list[Message], tools: list[dict[str, Any]]) -> tuple[Message, Usage]:
        """See `lamforge.simulate.episode.Agent`."""
        seed = derived_seed(self._seed, len(messages)) % 2**31
        try:
            answer = await self._client.ask(
                messages, tools, temperature=self._temperature, max_tokens=self._max_tokens, seed=seed
            )
        except ContextError as error:
            raise ContextOverflow(str(error)) from error
        return answer.message, answer.usage
