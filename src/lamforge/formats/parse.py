"""Reading an assistant's text, whole or while it comes."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from lamforge.formats.answer import Answer, Delta, whole_deltas
from lamforge.formats.json_text import JsonText
from lamforge.formats.reader import AnswerReader
from lamforge.formats.repair import repaired
from lamforge.messages import Message

_SURROGATE = re.compile("[\ud800-\udfff]")


class StreamParser:
    """Reads an assistant's text as it comes: `feed` pieces, then `close`. Where the text is cut never matters.

    The deltas follow OpenAI's rules: a call's name comes whole and once, then pieces of its arguments whose
    concatenation is a JSON object. Joined, they are what `message` holds in the end. Of a call that breaks off after
    it has begun the deltas can take nothing back; `message` then has its text as content, and says why in `problem`.

    Args:
        tools: If given, calls to others and arguments that break the schema are noted in the calls' `problems`.
        stop_tokens: One of them at the very end is dropped.
        repair: Mend calls that are nearly right, see `lamforge.formats.repair`; everything then comes with `close`.
    """

    def __init__(
        self, tools: list[dict[str, Any]] | None = None, stop_tokens: tuple[str, ...] = (), *, repair: bool = False
    ) -> None:
        self._tools = tools
        self._repair = repair
        self._mended: Message | None = None
        self._stops = stop_tokens
        self._longest = max(map(len, stop_tokens), default=0)
        self._stopping = _stopping(stop_tokens)
        self._tail = ""  # held back: it may be a stop token, or the beginning of one
        self._source = JsonText()
        self._answer = Answer(tools)
        self._reader = AnswerReader(self._source, self._answer)

    @property
    def message(self) -> Message:
        """The assistant's message so far; the whole after `close`."""
        return self._mended or self._answer.message()

    def feed(self, chunk: str) -> list[Delta]:
        """What the next piece of the text adds."""
        self.read(chunk)
        return [] if self._repair else self._answer.take_deltas()

    def close(self) -> list[Delta]:
        """What the end of the text adds; a second `close` adds nothing."""
        if self._source.ended:
            return []
        self.end()
        return whole_deltas(self._mended) if self._mended else self._answer.take_deltas()

    def read(self, chunk: str) -> None:
        """Reads the next piece of the text; its deltas wait for the next `feed` or `close`."""
        if not chunk.isascii():
            chunk = _SURROGATE.sub("\ufffd", chunk)  # no UTF-8 can hold half a surrogate pair
        text = self._tail + chunk
        if self._stopping and (stop := self._stopping.search(text, max(0, len(text) - self._longest))):
            text, self._tail = text[: stop.start()], text[stop.start() :]
        else:
            self._tail = ""
        self._source.add(text)
        self._reader.advance()

    def end(self) -> None:
        """Reads the end of the text."""
        self._source.ended = True
        self._source.add("" if self._tail in self._stops else self._tail)
        self._reader.advance()
        if self._repair:
            self._mended = repaired(self._answer.message(), partial(parse, tools=self._tools), self._tools)


def _stopping(stop_tokens: tuple[str, ...]) -> re.Pattern[str] | None:
    """The longest end of a text that a stop token begins with; None if there are none."""
    beginnings = {stop[:end] for stop in stop_tokens for end in range(1, len(stop) + 1)}
    longest_first = sorted(beginnings, key=len, reverse=True)
    return re.compile(rf"(?:{'|'.join(map(re.escape, longest_first))})\Z") if longest_first else None


def parse(
    text: str, tools: list[dict[str, Any]] | None = None, stop_tokens: tuple[str, ...] = (), *, repair: bool = False
) -> Message:
    """The message in a generated text; total. A broken call stays in `content`, and `problem` says what is wrong.

    See `StreamParser`, which reads the same from pieces.
    """
    parser = StreamParser(tools, stop_tokens, repair=repair)
    parser.read(text)
    parser.end()
    return parser.message
