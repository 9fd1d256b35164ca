"""What a format is: the text of a conversation, which part of it the assistant wrote, and how to read an answer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple, Protocol

from lamforge.formats.grammar import Grammar
from lamforge.formats.parse import StreamParser
from lamforge.messages import Message

Tools = list[dict[str, Any]]
AnyMessage = Message | dict[str, Any]


class Span(NamedTuple):
    """Characters `start` to `end` (exclusive) of a rendered conversation, written by message `message_index`."""

    start: int
    end: int
    message_index: int


class Piece(NamedTuple):
    """A part of a rendered conversation; `message_index` is set where the assistant wrote it."""

    text: str
    message_index: int | None = None


class Format(Protocol):
    """The one place where a model family's text is made and read; training, serving and evaluation all use it."""

    id: str  # "family/variant"
    chat_template: str  # Jinja for Hugging Face and GGUF; renders the same bytes as `render`
    stop_tokens: tuple[str, ...]  # any of these ends the assistant's turn
    special_tokens: tuple[str, ...]  # single tokens in the vocabulary
    text_beside_calls: bool  # whether a message that calls keeps its text; else the calls alone are written

    def render(
        self, messages: Iterable[AnyMessage], tools: Tools | None = None, add_generation_prompt: bool = False
    ) -> str:
        """The exact text of a conversation; tokenise it without adding special tokens."""
        ...

    def parse(self, text: str, tools: Tools | None = None, *, repair: bool = False) -> Message:
        """The assistant's message in a generated text; total: what is no call is content.

        Args:
            tools: If given, what is wrong with a call stands in its `problems`.
            repair: Mend calls that are nearly right (`lamforge.formats.repair`); each mend stands in its `repairs`.
        """
        ...

    def stream_parser(self, tools: Tools | None = None, *, repair: bool = False) -> StreamParser:
        """Reads the same as `parse`, from pieces: `feed(chunk)` and `close()` give OpenAI's deltas.

        With `repair` all of them come with `close`.
        """
        ...

    def grammar(
        self,
        tools: Tools,
        tool_choice: str = "auto",
        parallel: bool = True,
        response_schema: dict[str, Any] | None = None,
    ) -> Grammar | None:
        """What may be written in answer, so that calls are of offered tools and fit their schemas; None for "none".

        Raises:
            UsageError: if the choice is not possible with these tools.
            SchemaError: naming the tool whose schema cannot be expressed.
        """
        ...

    def offered(self, tools: Tools) -> Tools:
        """Tools in the shape in which the family's models were trained to see them."""
        ...

    def spans(self, messages: Iterable[AnyMessage], tools: Tools | None = None) -> list[Span]:
        """What the assistant wrote in `render(messages, tools)`, end-of-turn token included: the loss mask."""
        ...
