"""Calls in JSON: an object whose "name" is a string and whose "arguments" (or "parameters") is an object.

A list holds calls if its first item is one. Arguments are handed on while they come; the text of an object is held back
only until it is known to be a call or not.
"""

from __future__ import annotations

import json
from collections.abc import Generator
from typing import NamedTuple

from lamforge.errors import bounded
from lamforge.formats.json_text import BrokenJson, JsonText, Sink, Wait
from lamforge.formats.listener import CallListener

_FIRST_KEYS = ("name", "arguments", "parameters", "id", "type", "description")


class Outcome(NamedTuple):
    """What was found where a call might begin."""

    calls: int
    left: str = ""  # what was read and belongs to no call
    open_containers: str | None = None  # JSON whose rest is still to come and holds no call; see `JsonText.value`
    after_value: bool = False
    broken: str | None = None  # why the text is no JSON
    meant: bool = False  # whether what is broken looks like a call
    problem: str | None = None  # why what looks like a call is none, although it is JSON


class _NoCall(Exception):
    """The object is no call."""

    def __init__(self, after_value: bool, inside: bool, why: str | None = None) -> None:
        self.after_value, self.inside, self.why = after_value, inside, why


class CallReader:
    """Reads calls at places where JSON begins."""

    def __init__(self, source: JsonText, listener: CallListener) -> None:
        self._source = source
        self._listener = listener
        self._held: list[str] = []  # what was read since the last call, or in this one
        self._begun = False  # whether the listener knows of the call that is being read
        self._key = ""  # the first key of the object, as far as it came

    def read(self) -> Generator[None, None, Outcome]:
        """Reads a call or a list of calls, which begins at the source's place."""
        around = "]" if self._source.text[self._source.at] == "[" else ""
        self._held, made = [], 0
        try:
            if around:
                self._source.take(self._source.at + 1, self._hold)
                yield from self._source.space(self._hold)
            while True:
                yield from self._object()
                made += 1
                if not around or not (yield from self._another()):
                    return Outcome(made)
        except _NoCall as none:
            why = none.why or (f"item {made + 1} of the list is no call" if made else None)
            rest = around + "}" * none.inside
            return Outcome(made, self._give_back(), rest, none.after_value, problem=why)
        except BrokenJson as error:
            looks = made > 0 or any(key.startswith(self._key) for key in _FIRST_KEYS[:3])
            if not self._begun:
                return Outcome(made, self._give_back(), broken=str(error), meant=looks)
            self._begun = False
            self._listener.call_breaks(self._give_back())
            return Outcome(made, broken=str(error), meant=True)

    def _hold(self, text: str) -> None:
        self._held.append(text)

    def _give_back(self) -> str:
        held, self._held = "".join(self._held), []
        return held

    def _pass_on(self, text: str) -> None:
        self._held.append(text)
        self._listener.arguments(text)

    def _another(self) -> Generator[None, None, bool]:
        """Reads what follows an item of the list: a comma and the beginning of an object, or the end."""
        found = yield from self._source.space(self._hold)
        if found not in ",]":
            raise BrokenJson("the list of calls goes on with neither a comma nor an end")
        self._source.take(self._source.at + 1, self._hold)
        if found == "]":
            return False
        if (yield from self._source.space(self._hold)) != "{":
            raise _NoCall(after_value=False, inside=False)
        return True

    def _object(self) -> Wait:
        """Reads one object.

        Raises:
            _NoCall: if it is none; what came is held.
            BrokenJson: if it is no JSON.
        """
        source, held = self._source, self._hold
        name: str | None = None
        later: dict[str, str] = {}  # arguments and parameters that came before it was known what they are
        described = whole = False
        self._key = ""
        source.take(source.at + 1, held)
        keys = 0
        while (yield from self._has_member(keys)):
            key = yield from self._key_text(first=not keys)
            yield from source.expect(":", held)
            if not keys and key not in _FIRST_KEYS:
                raise _NoCall(after_value=False, inside=True)
            keys += 1
            begins = yield from source.space(held)
            if key == "name" and begins == '"' and name is None:
                name = yield from self._string()
            elif key == "arguments" and begins == "{" and name is not None and not whole:
                yield from self._arguments(name)
                whole = True
            elif key in ("arguments", "parameters") and key not in later and not whole:
                later[key] = yield from self._value()
            elif begins in "[{" and not whole and not later:
                raise _NoCall(
                    after_value=False, inside=True
                )  # what a call says of itself beside its arguments is plain
            else:
                described = described or key == "description"
                yield from source.value(held)
        if not whole:
            self._whole(name, later, described)
        self._held = []

    def _has_member(self, before: int) -> Generator[None, None, bool]:
        """Reads a comma, or the object's end; returns whether a member follows."""
        found = yield from self._source.space(self._hold)
        if found == "}":
            self._source.take(self._source.at + 1, self._hold)
            return False
        if before:
            yield from self._source.expect(",", self._hold)
            found = yield from self._source.space(self._hold)
        if found != '"':
            raise BrokenJson(f"{found!r} stands where a key must be")
        return True

    def _arguments(self, name: str) -> Wait:
        """Hands on the arguments of a call as they come."""
        self._begun = True
        self._listener.call(name)
        yield from self._source.value(self._pass_on)
        self._begun = False
        self._listener.call_ends()

    def _whole(self, name: str | None, later: dict[str, str], described: bool) -> None:
        """Tells of a call whose arguments came before its name, or are called parameters.

        Raises:
            _NoCall: if the object is none.
        """
        text = later.get("arguments", later.get("parameters", ""))
        if name is None or not text:
            raise _NoCall(after_value=True, inside=False)
        if not text.startswith("{"):
            why = f"the arguments of {bounded(name)} are no object: {bounded(text)}" if "arguments" in later else None
            raise _NoCall(after_value=True, inside=False, why=why)
        if "arguments" not in later and (described or _is_schema(text)):
            raise _NoCall(after_value=True, inside=False)  # the description of a tool
        self._listener.call(name)
        self._listener.arguments(text)
        self._listener.call_ends()

    def _string(self) -> Generator[None, None, str]:
        """Reads a string and returns what it says."""
        return str(json.loads((yield from self._value())))

    def _key_text(self, first: bool) -> Generator[None, None, str]:
        """Reads a key and returns it as it is written: one with escapes is none of a call's."""
        parts: list[str] = []

        def hold(text: str) -> None:
            parts.append(text)
            self._hold(text)
            if first:
                self._key = (self._key + text)[:16].strip('"')

        yield from self._source.string(hold)
        return "".join(parts)[1:-1]

    def _value(self) -> Generator[None, None, str]:
        """Reads a value and returns its text."""
        parts: list[str] = []

        def hold(text: str) -> None:
            parts.append(text)
            self._hold(text)

        sink: Sink = hold
        yield from self._source.value(sink)
        return "".join(parts)


def _is_schema(text: str) -> bool:
    parameters = json.loads(text)
    return parameters.get("type") == "object" and "properties" in parameters
