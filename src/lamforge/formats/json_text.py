"""JSON read piece by piece: what has come is checked and handed on, and nothing is read twice.

Each method is a generator that yields when it needs text that has not come yet, so that the code reads as if the whole
text were there and a cut can be anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator

Wait = Generator[None, None, None]
Sink = Callable[[str], object]  # takes the text that was read

MAX_DEPTH = 64  # lists and objects inside each other; validators have limits of their own, not far above
_TOO_EARLY = "it ends too early"
_MAX_NUMBER = 400  # characters; no float has more digits that count

_SPACE = re.compile(r"[ \t\r\n]*")
_PLAIN = re.compile(r'[^"\\\x00-\x1f]*')  # what a string may hold as it is
_ESCAPE = re.compile(r'\\(?:["\\/bfnrt]|u(?:[0-9a-ce-fA-CE-F][0-9a-fA-F]{3}|[dD][0-7][0-9a-fA-F]{2}))')
_PAIR = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")
_NUMBER_TEXT = re.compile(r"[-+.0-9eE]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_LITERALS = {"t": "true", "f": "false", "n": "null"}
_SCALAR = r'(?:"[^"\\\x00-\x1f]*"|-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,17})?|true|false|null)'
# Several whole elements at once; each alternative is told by its first character, so that a match is linear.
_ELEMENTS = re.compile(rf"(?:[ \t\r\n]*{_SCALAR}[ \t\r\n]*,)*")
_MEMBERS = re.compile(rf'(?:[ \t\r\n]*"[^"\\\x00-\x1f]*"[ \t\r\n]*:[ \t\r\n]*{_SCALAR}[ \t\r\n]*,)*')
_WHOLE_STRING = re.compile(r'"[^"\\\x00-\x1f]*"')

# What comes next in a value.
_VALUE, _FIRST_VALUE, _KEY, _FIRST_KEY, _COLON, _AFTER = range(6)
_WANTED = ("a value", "a value or ]", "a key", "a key or }", "a colon", "a comma or an end")


class BrokenJson(Exception):
    """The text is no JSON; the message says why."""


class JsonText:
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

    def space(self, sink: Sink) -> Generator[None, None, str]:
        """Reads white space; returns the character after it, unread.

        Raises:
            BrokenJson: if the text ends before.
        """
        while True:
            self.take(_SPACE.match(self.text, self.at).end(), sink)  # type: ignore[union-attr]
            if self.at < len(self.text):
                return self.text[self.at]
            if self.ended:
                raise BrokenJson(_TOO_EARLY)
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
            self.take(_PLAIN.match(self.text, self.at).end(), sink)  # type: ignore[union-attr]
            if self.at == len(self.text):
                if self.ended:
                    raise BrokenJson("a string does not end")
                yield
            elif self.text[self.at] == '"':
                self.take(self.at + 1, sink)
                return
            elif self.text[self.at] != "\\":
                raise BrokenJson("a control character stands in a string")
            elif escape := _ESCAPE.match(self.text, self.at) or _PAIR.match(self.text, self.at):
                self.take(escape.end(), sink)
            elif self.ended or len(self.text) - self.at >= len("\\ud83d\\ude00"):
                raise BrokenJson("a string holds an escape that JSON has not, or half a surrogate pair")
            else:
                yield

    def value(self, sink: Sink, open_containers: str = "", after_value: bool = False) -> Wait:
        """Reads a value, and what follows it up to the end of the containers around it.

        Args:
            open_containers: What closes the containers that are open already, outermost first, such as "]}".
            after_value: Whether the value was read already, so that a comma or an end is next.
        Raises:
            BrokenJson: as soon as the text cannot be JSON any more; what came before is read.
        """
        closers = list(open_containers)
        state = _AFTER if after_value else _VALUE
        at = self.at  # read so far; handed on together
        while closers or state is not _AFTER:
            at = _SPACE.match(self.text, at).end()  # type: ignore[union-attr]
            if at == len(self.text):
                self.take(at, sink)
                if self.ended:
                    raise BrokenJson(_TOO_EARLY)
                yield
                at = self.at
                continue
            found = self.text[at]
            if state is _AFTER and found == ",":
                at = (_MEMBERS if closers[-1] == "}" else _ELEMENTS).match(self.text, at + 1).end()  # type: ignore[union-attr]
                state = _KEY if closers[-1] == "}" else _VALUE
            elif closers and found == closers[-1] and state in (_AFTER, _FIRST_KEY, _FIRST_VALUE):
                closers.pop()
                at, state = at + 1, _AFTER
            elif state is _COLON and found == ":":
                at, state = at + 1, _VALUE
            elif found in "[{" and state in (_VALUE, _FIRST_VALUE) and len(closers) < MAX_DEPTH:
                closers.append("]" if found == "[" else "}")
                at, state = at + 1, _FIRST_VALUE if found == "[" else _FIRST_KEY
            elif (found == '"') if state in (_KEY, _FIRST_KEY) else state in (_VALUE, _FIRST_VALUE):
                state = _COLON if state in (_KEY, _FIRST_KEY) else _AFTER
                if simple := _WHOLE_STRING.match(self.text, at):
                    at = simple.end()
                    continue
                self.take(at, sink)
                yield from self._scalar(found, sink)
                at = self.at
            else:
                self.take(at, sink)
                raise BrokenJson(f"{found!r} stands where {_WANTED[state]} must be")
        self.take(at, sink)

    def _scalar(self, found: str, sink: Sink) -> Wait:
        """Reads a string, a number or a word, which begins with this character."""
        if found == '"':
            yield from self.string(sink)
        elif found in "-0123456789":
            yield from self._number(sink)
        elif found in _LITERALS:
            yield from self._literal(_LITERALS[found], sink)
        elif found in "[{":
            raise BrokenJson(f"it is nested more than {MAX_DEPTH} levels deep")
        else:
            raise BrokenJson(f"{found!r} begins no value")

    def _number(self, sink: Sink) -> Wait:
        while True:
            end = _NUMBER_TEXT.match(self.text, self.at).end()  # type: ignore[union-attr]
            if end - self.at > _MAX_NUMBER:
                raise BrokenJson(f"a number has more than {_MAX_NUMBER} characters")
            if end < len(self.text) or self.ended:
                break
            yield
        text = self.text[self.at : end]
        if not _NUMBER.fullmatch(text) or float(text) in (float("inf"), float("-inf")):
            raise BrokenJson(f"{text} is no number of JSON")
        self.take(end, sink)

    def _literal(self, word: str, sink: Sink) -> Wait:
        while len(self.text) - self.at < len(word) and word.startswith(self.text[self.at :]):
            if self.ended:
                raise BrokenJson(_TOO_EARLY)
            yield
        if not self.text.startswith(word, self.at):
            raise BrokenJson(f"a word of JSON is true, false or null, not {self.text[self.at : self.at + 8]!r}")
        self.take(self.at + len(word), sink)
