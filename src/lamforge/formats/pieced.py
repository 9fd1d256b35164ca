"""What all formats have in common that write a conversation piece by piece."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from typing import Any

from lamforge.formats.base import AnyMessage, Piece, Span, Tools
from lamforge.formats.grammar import Grammar, Notation, call_grammar
from lamforge.formats.parse import StreamParser, parse
from lamforge.messages import Message


class Pieced(ABC):
    """A format (see `lamforge.formats.base.Format`) but for its pieces and the shape of its tools."""

    stop_tokens: tuple[str, ...]
    text_beside_calls: bool
    notation: Notation
    opening: str  # of the assistant's turn

    @abstractmethod
    def pieces(self, messages: Iterable[AnyMessage], tools: Tools | None) -> Iterator[Piece]:
        """The conversation's text in its order."""

    def render(
        self, messages: Iterable[AnyMessage], tools: Tools | None = None, add_generation_prompt: bool = False
    ) -> str:
        """The exact text; tools are printed as they are passed, keys in their order.

        Arguments may be objects or, as on OpenAI's wire, JSON strings; `chat_template` cannot read strings and prints
        them as they are.

        Raises:
            DataError: naming the message whose content or arguments cannot be printed.
        """
        text = "".join(piece.text for piece in self.pieces(messages, tools))
        return text + self.opening if add_generation_prompt else text

    def spans(self, messages: Iterable[AnyMessage], tools: Tools | None = None) -> list[Span]:
        """One span for each assistant message: its text and calls, and the end-of-turn token."""
        spans, place = [], 0
        for text, index in self.pieces(messages, tools):
            if index is not None:
                spans.append(Span(place, place + len(text), index))
            place += len(text)
        return spans

    def parse(self, text: str, tools: Tools | None = None, *, repair: bool = False) -> Message:
        """See `lamforge.formats.parse.parse`; a stop token at the end is dropped."""
        return parse(text, tools, self.stop_tokens, repair=repair)

    def stream_parser(self, tools: Tools | None = None, *, repair: bool = False) -> StreamParser:
        """See `lamforge.formats.parse.StreamParser`; a stop token at the end is dropped."""
        return StreamParser(tools, self.stop_tokens, repair=repair)

    def grammar(
        self,
        tools: Tools,
        tool_choice: str = "auto",
        parallel: bool = True,
        response_schema: dict[str, Any] | None = None,
    ) -> Grammar | None:
        """See `lamforge.formats.grammar.call_grammar`."""
        return call_grammar(self.notation, tools, tool_choice, parallel=parallel, response_schema=response_schema)
