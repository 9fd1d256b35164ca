"""Any OpenAI-compatible endpoint over HTTP: chat completions, streamed."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from lamforge.engines.base import Delta, Options
from lamforge.engines.calls import checked, strict_field
from lamforge.engines.connection import SILENCE, Connection
from lamforge.errors import EngineError, SchemaError, bounded
from lamforge.formats import get_format
from lamforge.messages import TOOL_CHOICES, Message
from lamforge.tools import wrapped

_COUNTS = ("prompt_tokens", "completion_tokens")
_SLOTS = 8  # requests at a time, unless the user knows better


class EndpointModel:
    """See `lamforge.engines.base.Model`; the endpoint renders and parses by itself.

    Args:
        url: The base URL that /chat/completions is appended to, such as http://localhost:8000/v1.
        model: The model's name there; the first that /models lists if not given.
        key: Sent as a bearer token; OPENAI_API_KEY by default.
        silence: Seconds without a piece of an answer after which it is taken to be lost.
    """

    def __init__(
        self,
        url: str,
        *,
        model: str | None = None,
        key: str | None = None,
        slots: int | None = None,
        silence: float = SILENCE,
    ) -> None:
        self.name = model or url
        self.slots = slots or _SLOTS
        self.format = get_format("xlam-qwen/always")
        self.notes = ["the endpoint renders prompts and parses calls by itself"]
        self._connection = Connection(url, model, key, silence)

    def chat(
        self,
        messages: list[Any],
        tools: list[dict[str, Any]] | None = None,
        tool_choice: str = "auto",
        **options: Any,
    ) -> AsyncGenerator[Delta, None]:
        """See `lamforge.engines.base.Model.chat`."""
        return checked(self._chat(messages, tools, tool_choice, Options(**options)), tools)

    async def _chat(
        self, messages: list[Any], tools: list[dict[str, Any]] | None, tool_choice: str, chosen: Options
    ) -> AsyncGenerator[Delta, None]:
        if tool_choice != "none" and (strict := strict_field(tools)):
            remedy = "Leave it out, or serve the endpoint's completions with --format: grammars are then lamforge's."
            raise SchemaError("an endpoint is not known to keep it", where=strict, remedy=remedy)
        body: dict[str, Any] = {
            "model": await self._connection.model(),
            "messages": [m.to_wire() if isinstance(m, Message) else Message.from_wire(m).to_wire() for m in messages],
            "temperature": chosen.temperature,
            "max_tokens": chosen.max_tokens,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        body |= _further(chosen)
        if tools:
            named = tool_choice not in TOOL_CHOICES
            body["tools"] = [wrapped(tool) for tool in tools]
            body |= {} if chosen.parallel_tool_calls else {"parallel_tool_calls": False}
            body["tool_choice"] = {"type": "function", "function": {"name": tool_choice}} if named else tool_choice
        answer = _Answer()
        async with aclosing(self._connection.events("/chat/completions", body)) as events:
            async for event in events:
                try:
                    found = answer.read(event)
                except (AttributeError, KeyError, TypeError, ValueError) as error:
                    raise EngineError(f"sent no OpenAI chunk: {bounded(event)}", where=self.name) from error
                for delta in found:
                    yield delta
        if not answer.reason:
            raise EngineError("the answer broke off before its end", where=self.name)
        yield {"finish_reason": answer.reason, "usage": answer.usage}

    async def resolve(self) -> None:
        """Asks the endpoint for its model's name if none was given, so that `describe` has it.

        Raises:
            EngineError: if it does not say.
        """
        self.name = await self._connection.model()

    def describe(self) -> dict[str, Any]:
        """See `lamforge.engines.base.Model.describe`; what runs behind the URL is the endpoint's own matter."""
        return self._connection.describe()

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._connection.aclose()


class _Answer:
    """What the chunks of one answer have said so far."""

    def __init__(self) -> None:
        self.reason = ""
        self.usage: dict[str, int] = {}
        self._calls = 0

    def read(self, event: dict[str, Any]) -> list[Delta]:
        """The deltas in a chunk of the stream.

        Raises:
            AttributeError, KeyError, TypeError, ValueError: if it has not OpenAI's shape.
        """
        counted = event.get("usage") or {}
        self.usage = {key: int(counted[key]) for key in _COUNTS if key in counted} or self.usage
        found: list[Delta] = []
        for choice in event.get("choices") or ():
            delta = choice.get("delta") or {}
            if text := delta.get("content"):
                found.append({"content": str(text)})
            if pieces := [self._placed(piece) for piece in delta.get("tool_calls") or ()]:
                found.append({"tool_calls": pieces})
            self.reason = choice.get("finish_reason") or self.reason
            if self.reason == "stop" and self._calls:
                self.reason = "tool_calls"  # what a named tool choice ends with varies
        return found

    def _placed(self, piece: dict[str, Any]) -> dict[str, Any]:
        """A piece of a call with its index, which some endpoints leave out; a name begins a new call there."""
        function = piece.get("function") or {}
        index = piece.get("index")
        if index is None:
            index = self._calls if function.get("name") else self._calls - 1
        self._calls = max(self._calls, int(index) + 1)
        return {**piece, "index": int(index), "function": function}


def _further(options: Options) -> dict[str, Any]:
    """The fields of a request that are left out at their defaults, since not every endpoint takes them."""
    further: dict[str, Any] = {}
    if options.seed is not None:
        further["seed"] = options.seed
    if options.top_p < 1.0:
        further["top_p"] = options.top_p
    if options.stop:
        further["stop"] = list(options.stop)
    if options.response_schema is not None:
        schema = {"name": "answer", "schema": options.response_schema, "strict": True}
        further["response_format"] = {"type": "json_schema", "json_schema": schema}
    return further
