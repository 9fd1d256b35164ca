"""JSON read piece by piece: what has come is checked and handed on, and nothing is read twice."""

from __future__ import annotations

from lamforge.formats import json_patterns as patterns
from lamforge.formats.json_source import LITERALS, TOO_EARLY, BrokenJson, Sink, Source, Wait

MAX_DEPTH = 64  # lists and objects inside each other; validators have limits of their own, not far above

# What comes next in a value.
_VALUE, _FIRST_VALUE, _KEY, _FIRST_KEY, _COLON, _AFTER = range(6)
_BEFORE_VALUE, _BEFORE_KEY = (_VALUE, _FIRST_VALUE), (_KEY, _FIRST_KEY)
_WANTED = ("a value", "a value or ]", "a key", "a key or }", "a colon", "a comma or an end")


class CutOff(BrokenJson):
    """The text ends inside a list or an object, and not inside a string, a number or a word."""

    def __init__(self, closers: list[str], after_value: bool) -> None:
        super().__init__(TOO_EARLY)
        self.missing = "".join(reversed(closers))  # what closes all that is open
        self.after_value = after_value  # whether a value came last, and nothing that promises another


class JsonText(Source):
    """A text that holds JSON; see `Source`."""

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
        text, at = self.text, self.at  # read so far; handed on together
        while closers or state is not _AFTER:
            at = patterns.SPACE.match(text, at).end()  # type: ignore[union-attr]
            if at == len(text):
                self.take(at, sink)
                if self.ended:
                    raise CutOff(closers, state is _AFTER)
                yield
                text, at = self.text, self.at
                continue
            found = text[at]
            if state in _BEFORE_VALUE:
                if found in "[{" and len(closers) < MAX_DEPTH:
                    at, state = _opened(text, at, closers)
                elif whole := patterns.SCALAR.match(text, at):
                    at, state = whole.end(), _AFTER
                elif state is _FIRST_VALUE and found == "]":
                    closers.pop()
                    at, state = at + 1, _AFTER
                else:
                    self.take(at, sink)
                    yield from self._scalar(found, sink)
                    text, at, state = self.text, self.at, _AFTER
            elif found == '"' and state in _BEFORE_KEY:
                if whole := patterns.KEY.match(text, at):
                    at, state = whole.end(), _VALUE
                else:
                    self.take(at, sink)
                    yield from self.string(sink)
                    text, at, state = self.text, self.at, _COLON
            elif state is _AFTER and found == ",":
                at, state = _several(text, at + 1, closers[-1] == "}", _KEY if closers[-1] == "}" else _VALUE)
            elif closers and found == closers[-1] and state in (_AFTER, _FIRST_KEY):
                closers.pop()
                at, state = at + 1, _AFTER
            elif state is _COLON and found == ":":
                at, state = at + 1, _VALUE
            else:
                self.take(at, sink)
                raise BrokenJson(f"{found!r} stands where {_WANTED[state]} must be")
        self.take(at, sink)

    def _scalar(self, found: str, sink: Sink) -> Wait:
        """What reads a string, a number or a word, which begins with this character."""
        if found == '"':
            return self.string(sink)
        if found in "-0123456789":
            return self.number(sink)
        if found in LITERALS:
            return self.literal(sink)
        if found in "[{":
            raise BrokenJson(f"it is nested more than {MAX_DEPTH} levels deep")
        raise BrokenJson(f"{found!r} begins no value")


def check_json(text: str) -> None:
    """Checks that a text is one JSON value that every later stage can carry: of bounded depth, without NaN.

    Raises:
        CutOff: if it ends too early.
        BrokenJson: if it is no JSON.
    """
    source = JsonText()
    source.text, source.ended = text, True
    for _ in source.value(str):
        pass
    if text[source.at :].strip(" \t\r\n"):
        raise BrokenJson("more text follows")


def _opened(text: str, at: int, closers: list[str]) -> tuple[int, int]:
    """Reads a brace or some brackets, which open containers; where the text is read to then, and what comes next."""
    if text[at] == "{":
        closers.append("}")
        return _several(text, at + 1, members=True, otherwise=_FIRST_KEY)
    end = patterns.LISTS.match(text, at, at + MAX_DEPTH - len(closers)).end()  # type: ignore[union-attr]
    closers += "]" * (end - at)
    return _several(text, end, members=False, otherwise=_FIRST_VALUE)


def _several(text: str, at: int, members: bool, otherwise: int) -> tuple[int, int]:
    """Where the text is read to after all elements or members that can be seen at once, and what comes next."""
    end = (patterns.MEMBERS if members else patterns.ELEMENTS).match(text, at).end()  # type: ignore[union-attr]
    return end, otherwise if end == at else _KEY if members else _VALUE
