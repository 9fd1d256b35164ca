"""A JSON document of any size, read piece by piece: no more than one element of a list is in memory.

It knows JSON, nothing of conversations.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from lamforge.data.strict_json import DECODER
from lamforge.errors import DataError, bounded

MAX_ELEMENT = 256 << 20  # characters of one element; what is longer is no list of conversations

_CHUNK = 1 << 16
_SPACE = " \t\r\n"


class JsonStream:
    """The document that an open text file holds. All methods raise DataError, naming the line, if it is no JSON."""

    def __init__(self, file: IO[str], path: Path) -> None:
        self._file, self._path = file, path
        self._text, self._at = "", 0
        self._line = 1  # of the beginning of `_text`
        self._ended = False
        self._decoder = DECODER

    @property
    def line(self) -> int:
        """The line that is being read, from 1."""
        return self._line + self._text.count("\n", 0, self._at)

    def peek(self) -> str:
        """The next character that is no space; "" at the end."""
        while True:
            while self._at < len(self._text):
                if self._text[self._at] not in _SPACE and self._text[self._at] != "\ufeff":
                    return self._text[self._at]
                self._at += 1
            if not self._more():
                return ""

    def value(self) -> Any:
        """The next value, whole."""
        self.peek()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
            except RecursionError:
                raise self._wrong("is nested too deep") from None
            except ValueError as error:
                if len(self._text) - self._at > MAX_ELEMENT:
                    raise self._wrong(f"holds a value of more than {MAX_ELEMENT:,} characters") from error
                if not self._more():
                    raise self._wrong(f"is no JSON: {error}") from error
                continue
            if end == len(self._text) and not self._ended and self._more():
                continue  # a number may go on
            self._at = end
            return value

    def elements(self) -> Iterator[Any]:
        """The elements of the list that comes next."""
        self._take("[")
        if self.peek() == "]":
            self._at += 1
            return
        while True:
            yield self.value()
            if self.peek() == "]":
                self._at += 1
                return
            self._take(",")

    def members(self) -> Iterator[str]:
        """The keys of the object that comes next; after each one the caller reads its value."""
        self._take("{")
        if self.peek() == "}":
            self._at += 1
            return
        while True:
            key = self.value()
            self._take(":")
            yield str(key)
            if self.peek() == "}":
                self._at += 1
                return
            self._take(",")

    def _take(self, expected: str) -> None:
        found = self.peek()
        if found != expected:
            told = f"{bounded(found)} stands there" if found else "the file ends"
            raise self._wrong(f"is no JSON: {expected!r} is expected, and {told}")
        self._at += 1

    def _more(self) -> bool:
        """Reads on; each time as much again as is waiting, so that a long value is not tried too often."""
        waiting = len(self._text) - self._at
        try:
            found = self._file.read(max(_CHUNK, waiting))
        except (OSError, EOFError, UnicodeDecodeError) as error:
            raise self._wrong(f"cannot be read: {error}") from error
        self._line = self.line
        self._text, self._at = self._text[self._at :] + found, 0
        self._ended = not found
        return bool(found)

    def _wrong(self, what: str) -> DataError:
        return DataError(what, where=f"{self._path}:{self.line}")
