"""A model behind a client: whoever asks it as usual has its requests paced, tried again, counted and paid for."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from typing import Any

from lamforge.engines.base import Delta, Options
from lamforge.engines.client import Answer, Client


class PacedModel:
    """See `lamforge.engines.base.Model`; answers come whole, so that a broken one can be asked for again."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.name = client.model.name
        self.format = client.model.format
        self.notes = client.model.notes
        self.slots = client.model.slots
        if hasattr(client.model, "continued"):
            self.continued = self._continued

    async def chat(
        self, messages: list[Any], tools: list[dict[str, Any]] | None = None, tool_choice: str = "auto", **options: Any
    ) -> AsyncGenerator[Delta, None]:
        """See `lamforge.engines.base.Model.chat`."""
        for delta in _deltas(await self._client.ask(messages, tools, tool_choice, **options)):
            yield delta

    async def _continued(self, prompt: str, options: Options) -> AsyncGenerator[Delta, None]:
        for delta in _deltas(await self._client.continue_text(prompt, options)):
            yield delta

    def describe(self) -> dict[str, Any]:
        """See `lamforge.engines.base.Model.describe`."""
        return self._client.model.describe()

    async def aclose(self) -> None:
        """See `lamforge.engines.base.Model.aclose`."""
        await self._client.model.aclose()


def _deltas(answer: Answer) -> list[Delta]:
    message = answer.message
    deltas: list[Delta] = [{"content": message.content}] if message.content else []
    for index, call in enumerate(message.tool_calls or ()):
        function = {"name": call.function.name, "arguments": json.dumps(call.function.arguments, ensure_ascii=False)}
        piece = {"index": index, "id": call.id, "function": function}
        deltas.append({"tool_calls": [piece | ({"problems": call.problems} if call.problems else {})]})
    if message.problem:
        deltas.append({"problem": message.problem})
    usage = {"prompt_tokens": answer.usage.prompt_tokens, "completion_tokens": answer.usage.completion_tokens}
    return [*deltas, {"finish_reason": answer.reason, "usage": usage}]
