"""A model that writes given texts, whatever it is asked: what happens to them is what is tested."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

from lamforge.engines import Delta, Options
from lamforge.engines.formatted import Ended, answer
from lamforge.formats import Grammar, get_format


class Writer:
    """An engine that writes one text, in pieces of three characters, and a model on top of it without constraint."""

    def __init__(self, text: str, reason: str = "stop") -> None:
        self.text, self.reason = text, reason
        self.grammar: Grammar | None = None
        self.prompt = ""
        self.stop: tuple[str, ...] = ()
        self.name, self.slots, self.notes, self.format = "writer", 1, [], get_format("xlam-qwen/always")

    async def write(
        self, prompt: str, options: Options, stop: tuple[str, ...], grammar: Grammar | None
    ) -> AsyncGenerator[str | Ended, None]:
        self.prompt, self.stop, self.grammar = prompt, stop, grammar
        for place in range(0, len(self.text), 3):
            yield self.text[place : place + 3]
        yield Ended(self.reason, {"prompt_tokens": 1, "completion_tokens": 2})

    def chat(
        self, messages: list[Any], tools: Any = None, tool_choice: str = "auto", **options: Any
    ) -> AsyncGenerator[Delta, None]:
        return answer(self, self.format, messages, tools, tool_choice, Options(**options), constrained=False)

    async def aclose(self) -> None:
        pass
