"""A call in JSON: an object whose "name" is a string and whose "arguments" (or "parameters") is an object.

Arguments are handed on while they come; the text of an object is held only until it is known to be a call or not.
"""

from __future__ import annotations

import json
from collections.abc import Generator

from lamforge.errors import bounded
from lamforge.formats import json_patterns as patterns
from lamforge.formats.json_source import BrokenJson, Wait
from lamforge.formats.json_text import JsonText
from lamforge.formats.listener import CallListener
from lamforge.formats.triggers import FIRST_KEYS


class NoCall(Exception):
    """The object is no call."""

    def __init__(self, after_value: bool, inside: bool, why: str | None = None) -> None:
        self.after_value, self.inside, self.why = after_value, inside, why


class CallObject:
    """Reads objects that may be calls; what is read is added to `held`."""

    def __init__(self, source: JsonText, listener: CallListener, held: list[str]) -> None:
        self._source = source
        self._listener = listener
        self._hold = held.append
        self.begun = False  # whether the listener knows of the call that is being read
        self.key = ""  # the first key of the object, as far as it came

    def read_plain(self) -> bool:
        """Reads a call whose arguments are plain values, if it stands there whole: the fast way, since most are."""
        call = patterns.CALL.match(self._source.text, self._source.at)
        if call:
            self._source.take(call.end(), self._hold)
            self._tell(call[1], call[2])
        return bool(call)

    def read(self) -> Wait:
        """Reads one object; the listener is told of the call that it is.

        Raises:
            NoCall: if it is none; what came is held.
            BrokenJson: if it is no JSON; what came is held.
        """
        source = self._source
        name: str | None = None
        later: dict[str, str] = {}  # arguments and parameters that came before it was known what they are
        described = whole = False
        self.key, self.begun = "", False
        source.take(source.at + 1, self._hold)
        members = 0
        while (key := (yield from self._member(first=not members))) is not None:
            members += 1
            begins = source.text[source.at]
            if key == "name" and begins == '"' and name is None:
                name = yield from self._string()
            elif key == "arguments" and begins == "{" and name is not None and not whole:
                yield from self._arguments(name)
                whole = True
            elif key in ("arguments", "parameters") and key not in later and not whole:
                later[key] = yield from self._value()
            elif begins in "[{" and not whole and not later:
                # what a call says of itself beside its arguments is plain
                raise NoCall(after_value=False, inside=True)
            else:
                described = described or key == "description"
                yield from self._value()
        if not whole:
            self._whole(name, later, described)

    def _member(self, first: bool) -> Generator[None, None, str | None]:
        """Reads up to a member's value; returns its key as it is written, or None at the object's end.

        A key with escapes is none of a call's.
        """
        source, hold = self._source, self._hold
        seen = patterns.MEMBER.match(source.text, source.at)
        if seen and bool(seen[1]) != first:
            source.take(seen.end(), hold)
            key = seen[2]
            self.key = key[:16] if first else self.key
        else:
            found = yield from source.space(hold)
            if found == "}":
                source.take(source.at + 1, hold)
                return None
            if not first:
                yield from source.expect(",", hold)
                found = yield from source.space(hold)
            if found != '"':
                raise BrokenJson(f"{found!r} stands where a key must be")
            key = yield from self._key_text(first)
            yield from source.expect(":", hold)
        if first and key not in FIRST_KEYS:
            raise NoCall(after_value=False, inside=True)
        yield from source.space(hold)
        return key

    def _arguments(self, name: str) -> Wait:
        """Hands on the arguments of a call as they come."""
        self.begun = True
        self._listener.call(name)
        yield from self._source.value(self._pass_on)
        self.begun = False
        self._listener.call_ends()

    def _whole(self, name: str | None, later: dict[str, str], described: bool) -> None:
        """Tells of a call whose arguments came before its name, or are called parameters.

        Raises:
            NoCall: if the object is none.
        """
        text = later.get("arguments", later.get("parameters", ""))
        if name is None or not text:
            raise NoCall(after_value=True, inside=False)
        if not text.startswith("{"):
            why = f"the arguments of {bounded(name)} are no object: {bounded(text)}" if "arguments" in later else None
            raise NoCall(after_value=True, inside=False, why=why)
        if "arguments" not in later and (described or _is_schema(text)):
            raise NoCall(after_value=True, inside=False)  # the description of a tool
        self._tell(name, text)

    def _pass_on(self, text: str) -> None:
        self._hold(text)
        self._listener.arguments(text)

    def _tell(self, name: str, arguments: str) -> None:
        self._listener.call(name)
        self._listener.arguments(arguments)
        self._listener.call_ends()

    def _string(self) -> Generator[None, None, str]:
        """Reads a string and returns what it says."""
        text = yield from self._value()
        return str(json.loads(text)) if "\\" in text else text[1:-1]

    def _key_text(self, first: bool) -> Generator[None, None, str]:
        """Reads a key and returns it as it is written."""
        parts: list[str] = []

        def hold(text: str) -> None:
            parts.append(text)
            self._hold(text)
            if first:
                self.key = (self.key + text)[:16].strip('"')

        yield from self._source.string(hold)
        return "".join(parts)[1:-1]

    def _value(self) -> Generator[None, None, str]:
        """Reads a value and returns its text."""
        if text := self._source.flat(self._hold):
            return text
        parts: list[str] = []

        def hold(text: str) -> None:
            parts.append(text)
            self._hold(text)

        yield from self._source.value(hold)
        return "".join(parts)


def _is_schema(text: str) -> bool:
    if "properties" not in text and "\\" not in text:
        return False
    parameters = json.loads(text)
    return parameters.get("type") == "object" and "properties" in parameters
