"""A text that comes in pieces, and how the smallest parts of JSON are read from it.

Each method is a generator that yields when it needs text that has not come yet, so that the code reads as if the whole
text were there and a cut can be anywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Generator

from lamforge.formats import json_patterns as patterns

Wait = Generator[None, None, None]
Sink = Callable[[str], object]  # takes the text that was read

TOO_EARLY = "it ends too early"
_MAX_NUMBER = 400  # characters; no float has more digits that count
LITERALS = {"t": "true", "f": "false", "n": "null"}


class BrokenJson(Exception):
    """The text is no JSON; the message says why."""


class Source:
    """A text that comes in pieces. `text[at:]` has come and is not read yet; after `ended` nothing more comes."""

    def __init__(self) -> None:
        self.text = ""
        self.at = 0
        self.ended = False

    def add(self, piece: str) -> None:
        """Appends what has come and forgets what was read."""
        self.text = self.text[self.at :] + piece
        self.at = 0

    def take(self, end: int, sink: Sink) -> None:
        """Reads up to `end`."""
        if end > self.at:
            sink(self.text[self.at : end])
            self.at = end

    def flat(self, sink: Sink) -> str:
        """Reads a value that stands whole at `at`, if it is no deeper than most; returns its text."""
        whole = patterns.FLAT.match(self.text, self.at)
        if whole:
            self.take(whole.end(), sink)
        return whole.group() if whole else ""

    def space(self, sink: Sink) -> Generator[None, None, str]:
        """Reads white space; returns the character after it, unread.

        Raises:
            BrokenJson: if the text ends before.
        """
        while True:
            self.take(patterns.SPACE.match(self.text, self.at).end(), sink)  # type: ignore[union-attr]
            if self.at < len(self.text):
                return self.text[self.at]
            if self.ended:
                raise BrokenJson(TOO_EARLY)
            yield

    def expect(self, character: str, sink: Sink) -> Wait:
        """Reads white space and this character.

        Raises:
            BrokenJson: if another one stands there.
        """
        found = yield from self.space(sink)
        if found != character:
            raise BrokenJson(f"{character} is missing")
        self.take(self.at + 1, sink)

    def string(self, sink: Sink) -> Wait:
        """Reads a string, which begins at `at`.

        Raises:
            BrokenJson: at a wrong escape, a control character, or half a surrogate pair.
        """
        self.take(self.at + 1, sink)
        while True:
            self.take(patterns.TEXT.match(self.text, self.at).end(), sink)  # type: ignore[union-attr]
            if self.at == len(self.text):
                if self.ended:
                    raise BrokenJson("a string does not end")
                yield
            elif self.text[self.at] == '"':
                self.take(self.at + 1, sink)
                return
            elif patterns.PLAIN.match(self.text, self.at):
                pass  # there is more than one match takes
            elif self.text[self.at] != "\\":
                raise BrokenJson("a control character stands in a string")
            elif self.ended or len(self.text) - self.at >= len("\\ud83d\\ude00"):
                raise BrokenJson("a string holds an escape that JSON has not, or half a surrogate pair")
            else:
                yield

    def number(self, sink: Sink) -> Wait:
        """Reads a number, which begins at `at`.

        Raises:
            BrokenJson: if it is none of JSON, too long, or too large for a float.
        """
        while True:
            end = patterns.NUMBER_TEXT.match(self.text, self.at).end()  # type: ignore[union-attr]
            if end - self.at > _MAX_NUMBER:
                raise BrokenJson(f"a number has more than {_MAX_NUMBER} characters")
            if end < len(self.text) or self.ended:
                break
            yield
        text = self.text[self.at : end]
        if not patterns.NUMBER.fullmatch(text) or float(text) in (float("inf"), float("-inf")):
            raise BrokenJson(f"{text} is no number of JSON")
        self.take(end, sink)

    def literal(self, sink: Sink) -> Wait:
        """Reads true, false or null, by its first character at `at`.

        Raises:
            BrokenJson: if it is none of these.
        """
        word = LITERALS[self.text[self.at]]
        while len(self.text) - self.at < len(word) and word.startswith(self.text[self.at :]):
            if self.ended:
                raise BrokenJson(TOO_EARLY)
            yield
        if not self.text.startswith(word, self.at):
            wrong = next(end for end in range(1, len(word)) if self.text[self.at + end] != word[end])
            begun = self.text[self.at : self.at + wrong + 1]
            raise BrokenJson(f"a word of JSON is true, false or null, and none begins with {begun!r}")
        self.take(self.at + len(word), sink)
