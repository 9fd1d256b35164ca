"""Calls and values as Python writes them, `[find(city="Oslo", limit=3)]` and `{'a': None}`: read, never executed.

One pass over the text, with a bound on its depth; JSON's `true`, `false` and `null` are read, too.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

_DEPTH = 64
_SPACE = re.compile(r"\s*")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)")
_WORD = re.compile(r"[^\W\d][\w.]*")
_NAME = re.compile(r"[^\s(\[\]{}=,'\"][^(\[\]{}=,'\"]*")
_WORDS = {"None": None, "null": None, "True": True, "true": True, "False": False, "false": False}
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "0": "\0", "a": "\a", "v": "\v", "\n": ""}
_CLOSING = {"[": "]", "(": ")"}
_HEX = {"x": 2, "u": 4, "U": 8}
_MOST_DIGITS = 400  # of a number


class NotPython(ValueError):
    """A text that is not what was looked for; says where."""


def read_value(text: str) -> Any:
    """The value that a text writes; raises NotPython if it writes none."""
    reader = _Reader(text)
    value = reader.value(0)
    reader.end()
    return value


def read_calls(text: str, names: Sequence[str] = ()) -> list[tuple[str, dict[str, Any]]]:
    """(name, arguments) of each call of a text `[name(key=value, ...), ...]`, or of one call without brackets.

    Args:
        names: What may be called; these are known even if they hold brackets or commas.
    Raises:
        NotPython: if it is no such text.
    """
    reader = _Reader(text)
    several = reader.take("[")
    found = [reader.call(names)]
    while several and not reader.take("]"):
        reader.want(",")
        found.append(reader.call(names))
    reader.end()
    return found


class _Reader:
    def __init__(self, text: str) -> None:
        self._text, self._at = text, 0

    def take(self, token: str) -> bool:
        """Whether it comes next; then it is passed."""
        self._skip()
        if not self._text.startswith(token, self._at):
            return False
        self._at += len(token)
        return True

    def want(self, token: str) -> None:
        if not self.take(token):
            raise self._wrong(f"{token!r} is expected")

    def end(self) -> None:
        if not self.take("") or self._at < len(self._text):
            raise self._wrong("more follows")

    def call(self, names: Sequence[str]) -> tuple[str, dict[str, Any]]:
        self._skip()
        fitting = [name for name in names if self._text.startswith(name, self._at)]
        name = max((n for n in fitting if self._text[self._at + len(n) :].lstrip()[:1] == "("), key=len, default=None)
        if name is None:
            name = self._name("a call")
        else:
            self._at += len(name)
        self.want("(")
        arguments: dict[str, Any] = {}
        while not self.take(")"):
            key = self._string() if self._quoted() else self._name("an argument")
            self.want("=")
            if key in arguments:
                raise self._wrong(f"the argument {key!r} is given twice")
            arguments[key] = self.value(0)
            if not self.take(","):
                self.want(")")
                break
        return name, arguments

    def value(self, depth: int) -> Any:
        if depth > _DEPTH:
            raise self._wrong("it is nested too deep")
        if self._quoted():
            return self._string()
        letter = self._text[self._at : self._at + 1]
        if letter == "{":
            return self._dictionary(depth)
        if letter in _CLOSING:
            return self._list(_CLOSING[letter], depth)
        if match := _WORD.match(self._text, self._at):
            if match[0] not in _WORDS:
                raise self._wrong(f"the word {match[0][:40]!r} is no value")
            self._at = match.end()
            return _WORDS[match[0]]
        return self._number()

    def _quoted(self) -> bool:
        self._skip()
        return self._text.startswith(("'", '"'), self._at)

    def _name(self, what: str) -> str:
        match = _NAME.match(self._text, self._at)
        if not match:
            raise self._wrong(f"the name of {what} is expected")
        self._at = match.end()
        return match[0].rstrip()

    def _dictionary(self, depth: int) -> dict[str, Any]:
        self.want("{")
        found: dict[str, Any] = {}
        while not self.take("}"):
            key = self.value(depth + 1)
            if not isinstance(key, str | int | float | bool | None):
                raise self._wrong("a list is no key")
            self.want(":")
            found[key if isinstance(key, str) else str(key)] = self.value(depth + 1)
            if not self.take(","):
                self.want("}")
                break
        return found

    def _list(self, closing: str, depth: int) -> Any:
        self._at += 1
        found: list[Any] = []
        commas = 0
        while not self.take(closing):
            found.append(self.value(depth + 1))
            if not self.take(","):
                self.want(closing)
                break
            commas += 1
        return found[0] if closing == ")" and len(found) == 1 and not commas else found

    def _number(self) -> int | float:
        match = _NUMBER.match(self._text, self._at)
        if not match or len(match[0]) > _MOST_DIGITS:
            raise self._wrong("a value is expected")
        self._at = match.end()
        try:
            return int(match[0])
        except ValueError:
            found = float(match[0])
        if not math.isfinite(found):
            raise self._wrong("a number is too large")
        return found

    def _string(self) -> str:
        quote, start = self._text[self._at], self._at
        if self._text.startswith(quote * 3, self._at):
            quote *= 3
        self._at += len(quote)
        pieces: list[str] = []
        while True:
            close, slash = self._text.find(quote, self._at), self._text.find("\\", self._at)
            if close < 0:
                self._at = start
                raise self._wrong("a string does not end")
            if slash < 0 or close < slash:
                pieces.append(self._text[self._at : close])
                self._at = close + len(quote)
                return "".join(pieces)
            pieces.append(self._text[self._at : slash])
            self._at = slash + 1
            pieces.append(self._escape())

    def _escape(self) -> str:
        letter = self._text[self._at : self._at + 1]
        self._at += 1
        if letter in _HEX:
            digits = self._text[self._at : self._at + _HEX[letter]]
            self._at += _HEX[letter]
            try:
                return chr(int(digits, 16))
            except (ValueError, OverflowError):
                raise self._wrong("an escape is no character") from None
        return _ESCAPES.get(letter, letter if letter in "\\'\"/" else f"\\{letter}")

    def _skip(self) -> None:
        match = _SPACE.match(self._text, self._at)
        self._at = match.end() if match else self._at

    def _wrong(self, what: str) -> NotPython:
        near = self._text[self._at : self._at + 30]
        return NotPython(f"{what} at character {self._at}" + (f", before {near!r}" if near else ""))
