"""The two ways to ask a model BFCL's questions; a result always names which one it comes from.

`chat` asks the endpoint that is deployed: messages and tools go in, its own template and tool parser give calls.
`completions` does what the leaderboard's xLAM handler does: the same bytes of prompt, and the text that follows.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

from lamforge.engines import ContextError, Model, Options, collect
from lamforge.errors import UsageError
from lamforge.evaluate.bfcl.decoding import Call, Decoder, Unreadable
from lamforge.evaluate.bfcl.functions import as_tools
from lamforge.formats import Format, get_format
from lamforge.messages import Message

Mode = Literal["chat", "completions"]

_FURTHER = "I have updated some more functions you can choose from. What about now?"
_SHORTER = 1000  # tokens that are asked for where the usual number does not fit, as officially


@dataclass(frozen=True)
class Reply:
    """One answer of a model. `kept` is what the handler keeps of it and verdicts are given on."""

    kept: Any
    calls: list[Call]
    messages: list[dict[str, Any]]  # what the conversation gets of it
    seconds: float
    usage: dict[str, int]
    problem: str | None = None  # why a text that looks like a call is none


class Asker(Protocol):
    """Asks a model in one of the modes."""

    mode: Mode
    decoder: Decoder
    prompt_format: Format | None  # what prompts are rendered in, where that is done here

    async def ask(self, messages: list[dict[str, Any]], functions: list[dict[str, Any]], seed: int) -> Reply:
        """The next answer.

        Args:
            seed: Of the sampling.
        Raises:
            ContextError: if the conversation does not fit.
            EngineError: if the engine fails.
        """
        ...

    def announcement(self, functions: list[dict[str, Any]]) -> str:
        """What the user says when functions appear in the midst of a conversation."""
        ...

    def results(self, reply: Reply, results: list[str]) -> list[dict[str, Any]]:
        """What calls gave, as messages."""
        ...

    def describe(self) -> dict[str, Any]:
        """What the answers depend on besides the model."""
        ...


class ChatAsker:
    """See `Asker`."""

    mode: Mode = "chat"
    decoder = Decoder("calls")
    prompt_format: Format | None = None

    def __init__(self, model: Model, **sampling: Any) -> None:
        self._model = model
        self._sampling = sampling

    async def ask(self, messages: list[dict[str, Any]], functions: list[dict[str, Any]], seed: int) -> Reply:
        """See `Asker.ask`."""
        started = time.perf_counter()
        tools = as_tools(functions) or None
        told = [Message.model_validate(each) for each in messages]
        stream = self._model.chat(told, tools=tools, seed=seed, **self._sampling)
        message, _, usage = await collect(stream)
        seconds = time.perf_counter() - started
        made = message.tool_calls or []
        kept: Any = message.content or ""
        if made:
            kept = [{call.function.name: json.dumps(call.function.arguments)} for call in made]
            for number, call in enumerate(made):
                call.id = call.id or f"call_{len(messages)}_{number}"
        calls = [Call(call.function.name, call.function.arguments) for call in made]
        said = message.model_dump(exclude_none=True, include={"role", "content", "tool_calls"})
        return Reply(kept, calls, [said], seconds, usage, message.problem)

    def announcement(self, functions: list[dict[str, Any]]) -> str:
        """See `Asker.announcement`; the functions are among the tools."""
        return _FURTHER

    def results(self, reply: Reply, results: list[str]) -> list[dict[str, Any]]:
        """See `Asker.results`."""
        ids = [call["id"] for call in reply.messages[0].get("tool_calls", ())]
        return [
            {"role": "tool", "content": result, "tool_call_id": call_id}
            for result, call_id in zip(results, ids, strict=True)
        ]

    def describe(self) -> dict[str, Any]:
        """See `Asker.describe`."""
        return {"mode": self.mode, **self._sampling}


class CompletionsAsker:
    """See `Asker`.

    Raises:
        UsageError: if the model gives no completions, or its family has no handler in BFCL.
    """

    mode: Mode = "completions"
    decoder = Decoder("text")

    def __init__(self, model: Model, **sampling: Any) -> None:
        family = model.format.id.partition("/")[0]
        if not hasattr(model, "continued"):
            remedy = "Name its family, so that its /completions is asked: --format xlam-qwen/bfcl; or use --mode chat."
            raise UsageError("gives no completions", where=model.name, remedy=remedy)
        if not family.startswith("xlam-"):
            remedy = "Use --mode chat."
            raise UsageError(f"BFCL has no handler for {family} that is followed here", where=model.name, remedy=remedy)
        self._continued = model.continued
        self._format = get_format(family, "bfcl")
        self.prompt_format: Format | None = self._format
        self._options = Options(**sampling, stop=self._format.stop_tokens)

    async def ask(self, messages: list[dict[str, Any]], functions: list[dict[str, Any]], seed: int) -> Reply:
        """See `Asker.ask`."""
        prompt = self._format.render(messages, functions, add_generation_prompt=True)
        started = time.perf_counter()
        text, usage = await self._text(prompt, replace(self._options, seed=seed))
        seconds = time.perf_counter() - started
        try:
            calls = self.decoder.steps(text)
        except Unreadable:
            calls = []
        problem = None if calls else self._format.parse(text).problem
        return Reply(text, calls, [{"role": "assistant", "content": text}], seconds, usage, problem)

    async def _text(self, prompt: str, options: Options) -> tuple[str, dict[str, int]]:
        try:
            message, _, usage = await collect(self._continued(prompt, options))
        except ContextError:
            if options.max_tokens <= _SHORTER:
                raise
            shorter = replace(options, max_tokens=_SHORTER)
            message, _, usage = await collect(self._continued(prompt, shorter))
        return message.content or "", usage

    def announcement(self, functions: list[dict[str, Any]]) -> str:
        """See `Asker.announcement`; the documents stand in it as Python writes them."""
        return f"{functions}\n{_FURTHER}"

    def results(self, reply: Reply, results: list[str]) -> list[dict[str, Any]]:
        """See `Asker.results`."""
        return [{"role": "tool", "content": result} for result in results]

    def describe(self) -> dict[str, Any]:
        """See `Asker.describe`."""
        options = self._options
        return {
            "mode": self.mode,
            "prompt_format": self._format.id,
            "temperature": options.temperature,
            "max_tokens": options.max_tokens,
        }
