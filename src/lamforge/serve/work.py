"""What all endpoints share: the model, whose turn it is, and the counters."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from lamforge.engines import Model, Options
from lamforge.messages import Message
from lamforge.serve.gate import Gate
from lamforge.serve.metrics import Metrics
from lamforge.serve.refusal import Refused


class Work:
    """A model that many ask.

    Args:
        queue: Requests that may wait while others are answered.
        max_tokens: Of an answer, unless a request says how many.
    """

    def __init__(self, model: Model, *, queue: int, max_tokens: int) -> None:
        self.model = model
        self.model_name = model.name
        self.max_tokens = max_tokens
        self.metrics = Metrics()
        self._gate = Gate(model.slots, queue)
        self.metrics.queue.set_function(lambda: self._gate.waiting)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Holds a place at the engine."""
        async with self._gate.turn():
            yield

    def answer(
        self, messages: list[Message], tools: list[dict[str, Any]] | None, tool_choice: str, options: Options
    ) -> AsyncGenerator[dict[str, Any], None]:
        """The model's deltas, watched."""
        stream = self.model.chat(messages, tools=tools, tool_choice=tool_choice, **vars(options))
        return self.metrics.watched(stream)  # type: ignore[arg-type]

    def complete(self, prompt: str, options: Options) -> AsyncGenerator[dict[str, Any], None]:
        """The text that follows a prompt, as deltas.

        Raises:
            Refused: if the model holds conversations only.
        """
        continued = getattr(self.model, "continued", None)
        if continued is None:
            raise Refused(400, "this model holds conversations only: use /v1/chat/completions")
        return self.metrics.watched(continued(prompt, options))
