"""Reading an assistant's text as content, with a look at what comes next."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from typing import TypeVar

from lamforge.formats import window
from lamforge.formats.json_text import JsonText, Wait
from lamforge.formats.listener import Listener

THOUGHT = "</think>"  # ends reasoning

Found = TypeVar("Found")


class Prose:
    """What reads content; its generators yield when they need more of the text."""

    def __init__(self, source: JsonText, listener: Listener) -> None:
        self.source = source
        self.listener = listener
        self.line = ""  # the end of the content so far, back to the line's beginning at most
        self.closing = ""  # what closes the wrapper of the latest call, until other content comes

    def look(self, decide: Callable[[str, bool], Found | None]) -> Generator[None, None, Found]:
        """What `decide` makes of the next characters and of whether these are all; None asks for more of them."""
        while True:
            ahead = self.source.text[self.source.at : self.source.at + window.WIDTH]
            found = decide(ahead, self.source.ended or len(ahead) == window.WIDTH)
            if found is not None:
                return found
            yield

    def next_is(self, *words: str) -> Generator[None, None, str]:
        """The word that stands next if one of them does, else an empty text."""

        def decide(ahead: str, final: bool) -> str | None:
            if found := next((word for word in words if ahead.startswith(word)), ""):
                return found
            return None if not final and any(word.startswith(ahead) for word in words) else ""

        return (yield from self.look(decide))

    def read(self, end: int) -> None:
        """Reads up to `end` as content."""
        self.source.take(end, self.say)

    def say(self, text: str) -> None:
        """Tells of content that was read."""
        if not text.isspace():
            self.closing = ""
        self.line = (self.line + text[-window.WIDTH :])[-window.WIDTH :].rpartition("\n")[2]
        self.listener.content(text)

    def up_to(self, *words: str) -> Generator[None, None, str]:
        """Reads as content up to and with one of the words, which it returns, or to the end of the text."""
        first = re.compile("|".join(re.escape(word[0]) for word in words))
        while True:
            place = first.search(self.source.text, self.source.at)
            self.read(place.start() if place else len(self.source.text))
            if place is None:
                if self.source.ended:
                    return ""
                yield
            elif word := (yield from self.next_is(*words)):
                self.read(self.source.at + len(word))
                return word
            else:
                self.read(self.source.at + 1)

    def code(self) -> Wait:
        """Reads a code block as content, up to the fence at the beginning of a line, or the end of reasoning."""
        while (yield from self.up_to("\n", THOUGHT)) == "\n":
            if end := (yield from self.look(window.block_end)):
                self.read(self.source.at + end)
                return
