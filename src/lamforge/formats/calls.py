"""Calls in JSON: one of them, or a list of which the first item is one. What is read and is no call is given back."""

from __future__ import annotations

import re
from collections.abc import Generator
from typing import NamedTuple

from lamforge.formats import json_patterns as patterns
from lamforge.formats.call_object import CallObject, NoCall
from lamforge.formats.json_source import BrokenJson
from lamforge.formats.json_text import JsonText
from lamforge.formats.listener import CallListener
from lamforge.formats.triggers import CALL_KEYS


class Outcome(NamedTuple):
    """What was found where a call might begin."""

    calls: int
    left: str = ""  # what was read and belongs to no call
    open_containers: str | None = None  # JSON whose rest is still to come and holds no call; see `JsonText.value`
    after_value: bool = False
    broken: str | None = None  # why the text is no JSON
    begun: str | None = None  # what is written of a call that the listener knows of and that will not be whole
    meant: bool = False  # whether what is broken looks like a call
    problem: str | None = None  # why what looks like a call is none, although it is JSON


class CallReader:
    """Reads calls at places where JSON begins."""

    def __init__(self, source: JsonText, listener: CallListener) -> None:
        self._source = source
        self._held: list[str] = []  # what was read since the last call, or in this one
        self._object = CallObject(source, listener, self._held)

    def read(self) -> Generator[None, None, Outcome]:
        """Reads a call or a list of calls, which begins at the source's place."""
        if wrong := patterns.WRONG_KEY.match(self._source.text, self._source.at):
            return self._wrong_key(wrong)
        around = "]" if self._source.text[self._source.at] == "[" else ""
        self._held.clear()
        self._object.key, self._object.begun, made = "", False, 0
        try:
            if around:
                self._source.take(self._source.at + 1, self._held.append)
                yield from self._source.space(self._held.append)
            while True:
                if not self._object.read_plain():
                    yield from self._object.read()
                self._held.clear()
                made += 1
                if not around or not (yield from self._another()):
                    return Outcome(made)
        except NoCall as none:
            why = none.why or (f"item {made + 1} of the list is no call" if made else None)
            rest = around + "}" * none.inside
            return Outcome(made, self._give_back(), rest, none.after_value, problem=why)
        except BrokenJson as error:
            if not self._object.begun:
                looks = made > 0 or _of_a_call(self._object.key)
                return Outcome(made, self._give_back(), broken=str(error), meant=looks)
            return Outcome(made, broken=str(error), begun=self._give_back(), meant=True)

    def _wrong_key(self, seen: re.Match[str]) -> Outcome:
        """The outcome for an object that breaks at its first key: the fast way, since there is nothing to wait for."""
        self._source.at = seen.end()
        why = ": is missing" if seen.end() > seen.end(1) else "a control character stands in a string"
        return Outcome(0, seen[0], broken=why, meant=_of_a_call(seen[1][:16]))

    def _give_back(self) -> str:
        held = "".join(self._held)
        self._held.clear()
        return held

    def _another(self) -> Generator[None, None, bool]:
        """Reads what follows an item of the list: a comma and the beginning of an object, or the end."""
        if seen := patterns.NEXT_OBJECT.match(self._source.text, self._source.at):
            self._source.take(seen.end(), self._held.append)
            return True
        found = yield from self._source.space(self._held.append)
        if found not in ",]":
            raise BrokenJson("the list of calls goes on with neither a comma nor an end")
        self._source.take(self._source.at + 1, self._held.append)
        if found == "]":
            return False
        if (yield from self._source.space(self._held.append)) != "{":
            raise NoCall(after_value=False, inside=False)
        return True


def _of_a_call(key: str) -> bool:
    """Whether a key, as far as it came, may be one of a call's."""
    return any(each.startswith(key) for each in CALL_KEYS)
