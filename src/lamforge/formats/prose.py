"""Reading an assistant's text as content, with a look at what comes next."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from typing import TypeVar

from lamforge.formats import window
from lamforge.formats.json_source import Wait
from lamforge.formats.json_text import JsonText
from lamforge.formats.listener import Listener

Found = TypeVar("Found")


class Prose:
    """What reads content; its generators yield when they need more of the text."""

    def __init__(self, source: JsonText, listener: Listener) -> None:
        self.source = source
        self.listener = listener
        self.closing = ""  # what closes the wrapper of the latest call, until other content is told of
        self.untold: list[str] = []  # content that the listener does not know of yet
        self._line = ""
        self.say: Callable[[str], None] = self.untold.append  # takes content that was read

    def tell(self) -> None:
        """Tells the listener of the content so far: together, since most of its pieces are small."""
        if not self.untold:
            return
        text = "".join(self.untold)
        self.untold.clear()
        if not text.isspace():
            self.closing = ""
        _, new, line = text.rpartition("\n")
        line = line if new else self._line + line
        self._line = line.rstrip()[-window.WIDTH :] + " " * line[-1:].isspace()
        self.listener.content(text)

    @property
    def line(self) -> str:
        """The end of the content so far, back to the line's beginning at most; of white space at its end only one."""
        self.tell()
        return self._line

    def after_key(self) -> bool:
        """Whether a key and its colon end the content so far."""
        new, end = self._latest()
        end = end.rstrip()
        return (end if new or end[-1:] not in ("", ":") else self.line.rstrip()).endswith('":')

    def fill_line(self) -> None:
        """Makes this line count as one on which something stands."""
        new, end = self._latest()
        if end.strip() or (not new and self.line.strip()):
            return
        self.tell()
        self._line = "…"

    def _latest(self) -> tuple[bool, str]:
        """The latest of this line that the listener does not know of, and whether it began with it."""
        _, new, end = "".join(self.untold[-2:]).rpartition("\n")
        return bool(new), end

    def look(self, decide: Callable[[str, bool], Found | None]) -> Generator[None, None, Found]:
        """What `decide` makes of the next characters and of whether these are all; None asks for more of them."""
        while True:
            ahead = self.source.text[self.source.at : self.source.at + window.WIDTH]
            found = decide(ahead, self.source.ended or len(ahead) == window.WIDTH)
            if found is not None:
                return found
            yield

    def read(self, end: int) -> None:
        """Reads up to `end` as content."""
        self.source.take(end, self.say)

    def up_to(self, end: re.Pattern[str]) -> Wait:
        """Reads as content up to and with what the pattern's group matches, or to the end of the text.

        Without the group the pattern matches what may still become it.
        """
        while True:
            found = end.search(self.source.text, self.source.at)
            if found and found.lastindex:
                return self.read(found.end())
            self.read(found.start() if found and not self.source.ended else len(self.source.text))
            if self.source.ended:
                return
            yield
