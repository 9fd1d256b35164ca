"""What an engine is: something that continues a prompt, and a model on top of it that holds conversations."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Protocol

from lamforge.engines.calls import Joined
from lamforge.errors import EngineError
from lamforge.formats import Format
from lamforge.messages import Message

Delta = dict[str, Any]


class ContextError(EngineError):
    """The prompt is longer than the model's context."""


class RefusalError(EngineError):
    """The engine works and does not take this request; it would not take it a second time either."""


class GivenUpError(EngineError):
    """A request that failed again and again; to send it once more at once is pointless."""

    @classmethod
    def of(cls, error: EngineError) -> GivenUpError:
        """The same error, once it is given up."""
        return cls(error.what, where=error.where, remedy=error.remedy)


class DeniedError(GivenUpError):
    """The engine does not take the key; every request would be answered so."""


class GoneError(GivenUpError):
    """Nothing has answered for so long that no further request is sent."""


class BusyError(EngineError):
    """The engine takes no more requests now.

    Args:
        retry_after: Seconds that it asks to wait, if it says.
    """

    def __init__(self, what: str, *, where: object = None, retry_after: float | None = None) -> None:
        super().__init__(what, where=where, remedy="Try again later, or send fewer requests at a time.")
        self.retry_after = retry_after


@dataclass(frozen=True)
class Options:
    """How an answer is generated; the names are OpenAI's."""

    temperature: float = 0.0  # 0 is greedy
    top_p: float = 1.0
    max_tokens: int = 512
    seed: int | None = None
    stop: tuple[str, ...] = ()  # texts that end the answer, and are not in it
    parallel_tool_calls: bool = True
    response_schema: dict[str, Any] | None = None  # the answer is a JSON value of this schema


class Model(Protocol):
    """A model that holds conversations; `open_model` makes one."""

    name: str
    format: Format
    notes: list[str]  # what a user should know of how it was opened
    slots: int  # requests that it is best given at the same time

    def chat(
        self,
        messages: list[Any],
        tools: list[dict[str, Any]] | None = None,
        tool_choice: str = "auto",
        **options: Any,
    ) -> AsyncIterator[Delta]:
        """The answer as OpenAI deltas; the last one is {"finish_reason": ..., "usage": {...}}.

        It may say a "problem": why a text that looks like a call is none. The last piece of a call may say "problems":
        that there is no such tool, what breaks its schema, or that it breaks off.

        Args:
            tools: One with "strict" is called with arguments that fit its schema, or the request is refused.
            tool_choice: "auto", "none", "required", or a tool's name.
            options: See `Options`.
        Raises:
            ContextError: if the conversation does not fit.
            SchemaError: if a schema, or "strict", cannot be kept.
            EngineError: if the engine fails; closing the iterator cancels the generation.
        """
        ...

    def describe(self) -> dict[str, Any]:
        """What its answers depend on, as a result should say: the file's SHA-256, the format, the context."""
        ...

    async def aclose(self) -> None:
        """Frees what the model holds."""
        ...


async def join(stream: AsyncIterator[Delta]) -> tuple[Joined, str, dict[str, int]]:
    """A whole answer from its deltas: (what they come to, finish reason, usage).

    Raises:
        EngineError: if the stream ends without a finish reason.
    """
    joined = Joined()
    async for delta in stream:
        joined.add(delta)
        if "finish_reason" in delta:
            return joined, delta["finish_reason"], delta.get("usage") or {}
    raise EngineError("the answer broke off before its end")


async def collect(stream: AsyncIterator[Delta]) -> tuple[Message, str, dict[str, int]]:
    """A whole answer from its deltas: (message, finish reason, usage).

    Raises:
        EngineError: if the stream ends without a finish reason.
    """
    joined, reason, usage = await join(stream)
    return joined.message(), reason, usage
