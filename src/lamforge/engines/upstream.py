"""A completions endpoint of another server (vLLM, llama-server) to which we add format, grammar and parser."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from lamforge.engines.base import Delta, Options
from lamforge.engines.connection import SILENCE, Connection
from lamforge.engines.dialects import prompting
from lamforge.engines.formatted import Ended, answer, continued
from lamforge.errors import EngineError, bounded
from lamforge.formats import Format, Grammar, get_format

_SLOTS = 8
_COUNTS = ("prompt_tokens", "completion_tokens")


class UpstreamModel:
    """See `lamforge.engines.base.Model`; prompts are rendered and calls parsed here, tokens are made there.

    Args:
        url: The base URL that /completions is appended to, such as http://localhost:8000/v1.
        format: Such as "xlam-qwen/hf"; nothing tells it over HTTP.
        model: The model's name there; the first that /models lists if not given.
        key: Sent as a bearer token; OPENAI_API_KEY by default.
        silence: Seconds without a piece of an answer after which it is taken to be lost.
        constrained: See `open_model`. Grammars are sent as the server that /models names understands them.
    """

    def __init__(
        self,
        url: str,
        *,
        format: str,
        model: str | None = None,
        key: str | None = None,
        slots: int | None = None,
        constrained: bool = True,
        silence: float = SILENCE,
    ) -> None:
        self.name = model or url
        self.slots = slots or _SLOTS
        self.notes: list[str] = []
        self.format: Format = get_format(format)
        self._constrained = constrained
        self._connection = Connection(url, model, key, silence)

    def chat(
        self,
        messages: list[Any],
        tools: list[dict[str, Any]] | None = None,
        tool_choice: str = "auto",
        **options: Any,
    ) -> AsyncGenerator[Delta, None]:
        """See `lamforge.engines.base.Model.chat`."""
        chosen = Options(**options)
        return answer(self, self.format, messages, tools, tool_choice, chosen, constrained=self._constrained)

    def continued(self, prompt: str, options: Options) -> AsyncGenerator[Delta, None]:
        """See `lamforge.engines.formatted.continued`."""
        return continued(self, prompt, options)

    async def write(
        self, prompt: str, options: Options, stop: tuple[str, ...], grammar: Grammar | None
    ) -> AsyncGenerator[str | Ended, None]:
        """See `lamforge.engines.formatted.TextEngine`."""
        body: dict[str, Any] = {
            "model": await self._connection.model(),
            "temperature": options.temperature,
            "top_p": options.top_p,
            "max_tokens": options.max_tokens,
            "stop": list(stop),
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        if options.seed is not None:
            body["seed"] = options.seed
        body |= await prompting(self._connection, self.format, prompt, grammar)
        reason, usage = "", dict.fromkeys(_COUNTS, 0)
        async with aclosing(self._connection.events("/completions", body)) as events:
            async for event in events:
                try:
                    for choice in event.get("choices") or ():
                        if text := choice.get("text"):
                            yield str(text)
                        reason = choice.get("finish_reason") or reason
                    counted = event.get("usage") or {}
                    usage = {key: int(counted.get(key, usage[key])) for key in _COUNTS}
                except (AttributeError, TypeError, ValueError) as error:
                    raise EngineError(f"sent no OpenAI chunk: {bounded(event)}", where=self.name) from error
        if not reason:
            raise EngineError("the answer broke off before its end", where=self.name)
        yield Ended("length" if reason == "length" else "stop", usage)

    async def resolve(self) -> None:
        """Asks the endpoint for its model's name if none was given, so that `describe` has it.

        Raises:
            EngineError: if it does not say.
        """
        self.name = await self._connection.model()

    def describe(self) -> dict[str, Any]:
        """See `lamforge.engines.base.Model.describe`."""
        return {**self._connection.describe(), "format": self.format.id, "constrained": self._constrained}

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._connection.aclose()
