"""A text that fits a regular expression, for the plain patterns that schemas have. It runs no pattern over anything."""

from __future__ import annotations

import random
import string

_CLASSES = {"d": string.digits, "w": string.ascii_letters + string.digits, "s": " "}
_ANY = string.ascii_lowercase + string.digits
_MORE = 6  # repetitions at most of what may be repeated without end
_LONGEST = 400  # characters of a pattern, and of a text
_STEPS = 20_000  # characters and classes that are written for one text


class UnknownPatternError(Exception):
    """The pattern has something that is not understood here."""


def text_for(pattern: str, rng: random.Random) -> str:
    """A text that fits the pattern.

    Raises:
        UnknownPatternError: if the pattern is none of the plain ones.
    """
    if len(pattern) > _LONGEST:
        raise UnknownPatternError(pattern[:40])
    reader = _Reader(pattern, rng)
    made = reader.choice()
    if reader.place < len(pattern):
        raise UnknownPatternError(pattern)
    return made[:_LONGEST]


class _Reader:
    """Reads a pattern from left to right and writes a text beside it."""

    def __init__(self, pattern: str, rng: random.Random) -> None:
        self.pattern = pattern
        self.place = 0
        self._rng = rng
        self._depth = 0
        self._steps = 0

    def choice(self) -> str:
        options = [self._sequence()]
        while self._take("|"):
            options.append(self._sequence())
        return self._rng.choice(options)

    def _sequence(self) -> str:
        pieces = []
        while self.place < len(self.pattern) and self.pattern[self.place] not in "|)":
            start = self.place
            piece = self._atom()
            least, most = self._times()
            end = self.place
            count = self._rng.randint(least, most)
            if count > 1:  # each repetition is written anew
                for _ in range(count - 1):
                    self.place = start
                    piece += self._atom()
                self.place = end
            pieces.append(piece if count else "")
            if sum(map(len, pieces)) > _LONGEST:
                raise UnknownPatternError(self.pattern)
        return "".join(pieces)

    def _atom(self) -> str:
        character = self.pattern[self.place]
        self.place += 1
        self._steps += 1
        if self._steps > _STEPS:
            raise UnknownPatternError(self.pattern)
        if character in "^$":
            return ""
        if character == "(":
            return self._group()
        if character == "[":
            return self._rng.choice(self._class())
        if character == ".":
            return self._rng.choice(_ANY)
        if character == "\\":
            return self._rng.choice(self._escaped())
        if character in "*+?{":
            raise UnknownPatternError(self.pattern)
        return character

    def _group(self) -> str:
        if self._take("?") and not self._take(":"):
            raise UnknownPatternError(self.pattern)
        self._depth += 1
        if self._depth > 20:
            raise UnknownPatternError(self.pattern)
        made = self.choice()
        self._depth -= 1
        if not self._take(")"):
            raise UnknownPatternError(self.pattern)
        return made

    def _escaped(self) -> str:
        if self.place >= len(self.pattern):
            raise UnknownPatternError(self.pattern)
        character = self.pattern[self.place]
        self.place += 1
        if character.isalnum() and character not in _CLASSES:
            raise UnknownPatternError(self.pattern)
        return _CLASSES.get(character, character)

    def _class(self) -> str:
        if self._take("^"):
            raise UnknownPatternError(self.pattern)
        found = ""
        while not self._take("]"):
            if self.place >= len(self.pattern):
                raise UnknownPatternError(self.pattern)
            character = self.pattern[self.place]
            self.place += 1
            if character == "\\":
                found += self._escaped()
            elif (
                self.pattern[self.place : self.place + 1] == "-"
                and self.pattern[self.place + 1 : self.place + 2] != "]"
            ):
                last = self.pattern[self.place + 1 : self.place + 2]
                self.place += 2
                found += "".join(map(chr, range(ord(character), min(ord(last or character), ord(character) + 127) + 1)))
            else:
                found += character
        if not found:
            raise UnknownPatternError(self.pattern)
        return found

    def _times(self) -> tuple[int, int]:
        if self._take("*"):
            return 0, _MORE
        if self._take("+"):
            return 1, _MORE
        if self._take("?"):
            return 0, 1
        if not self._take("{"):
            return 1, 1
        inner, closed, _ = self.pattern[self.place :].partition("}")
        least, comma, most = inner.partition(",")
        if not closed or not least.isdecimal() or (most and not most.isdecimal()):
            raise UnknownPatternError(self.pattern)
        self.place += len(inner) + 1
        low = int(least)
        high = int(most) if most else low + _MORE if comma else low
        if high > _LONGEST or low > high:
            raise UnknownPatternError(self.pattern)
        return low, high

    def _take(self, character: str) -> bool:
        if self.pattern[self.place : self.place + 1] == character:
            self.place += 1
            return True
        return False
