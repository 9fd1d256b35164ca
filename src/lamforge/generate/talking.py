"""What the scripted teacher says and calls, as messages, and what comes back."""

from __future__ import annotations

import random
from collections.abc import Generator
from pathlib import Path
from typing import Any

from lamforge.domains.wording import fill
from lamforge.generate.hearing import Hearing, object_of
from lamforge.messages import Function, Message, ToolCall
from lamforge.simulate import read_grammar

MANNERS = Path(__file__).with_name("manners.yaml")

Play = Generator[Message, list[Message], Any]  # yields an assistant message, is sent what came back


class Talk:
    """One conversation's side of the agent; `hearing` gets all that the user says."""

    def __init__(self, hearing: Hearing, rng: random.Random) -> None:
        self._hearing, self._random = hearing, rng
        self._manners = read_grammar(MANNERS, "agent")
        self.result: dict[str, Any] = {}  # of the last call, if it was an object
        self.reports: list[str] = []  # what is said before the next words

    def words(self, act: str, **slots: Any) -> str:
        """Sentences for an act, such as "confirm"."""
        return fill(self._manners.compose(act, self._random), slots)

    def say(self, text: str, *, wrong: bool = False) -> Play:
        """Says what is to be reported and a text; returns the user's reply. What is `wrong` is not to be learned."""
        news = yield Message(role="assistant", content=" ".join([*self.reports, text]), weight=0 if wrong else None)
        self.reports = []
        self._hearing.texts.append(news[-1].content or "")
        return self._hearing.texts[-1]

    def call(self, tool: str, arguments: dict[str, Any], *, wrong: bool = False) -> Play:
        """Calls a tool; returns the text of its error, or None."""
        [error] = yield from self.calls([(tool, arguments)], wrong=wrong)
        return error

    def calls(self, wanted: list[tuple[str, dict[str, Any]]], *, wrong: bool = False) -> Play:
        """Calls tools in one message; returns the text of each one's error, or None."""
        if not wanted:
            return []
        made = [ToolCall(function=Function(name=tool, arguments=arguments)) for tool, arguments in wanted]
        news = yield Message(role="assistant", tool_calls=made, weight=0 if wrong else None)
        contents = [message.content or "" for message in news[-len(made) :]]
        self.result = object_of(contents[-1])
        return [text.removeprefix("Error: ") if text.startswith("Error: ") else None for text in contents]
