"""Where the values of a conversation's calls come from: what was said, policy, results and schemas so far.

A value that comes from nowhere was made up by the agent: the commonest fault of models that call tools. A choice among
what the schema lists is no value of that kind; whether it is the right one is for others to judge.
"""

from __future__ import annotations

import re
from typing import Any

from lamforge.domains.speech import is_identifier
from lamforge.grounding import Text, is_among, says_time

_WORD = re.compile(r"[^\W_]+")
_NUMBER = re.compile(r"\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?")
_DATE = re.compile(r"(\d{4})-\d\d-\d\d")
_SUM = re.compile(r"[\d\s.,()+*/%-]+")
_RELATIVE = frozenset(
    "today tonight tomorrow yesterday now next this last coming monday tuesday wednesday thursday friday saturday "
    "sunday week weekend month year days weeks months asap soon latest current".split()
)
_PROSE = 5  # words from which a text counts as composed by the agent, such as a summary or the body of a mail
_MOST_NUMBERS = 300  # of a conversation whose sums and products are looked at
_SMALL = 10  # numbers below are sums of so much that it says nothing
_MOST_FACTOR = 100  # quantity that a price is multiplied with


class Sources:
    """What has been said and found so far in a conversation, in its order."""

    def __init__(self) -> None:
        self._heard: list[str] = []  # user and policy
        self._proposed: list[str] = []  # what the assistant has said, up to the user's last message
        self._said: list[str] = []  # what it has said since
        self._found: list[str] = []  # texts of results, as words
        self._numbers: set[float] = set()
        self._text: Text | None = None  # of what was heard
        self._offer: Text | None = None  # of what was proposed
        self._words = ""

    def hear(self, text: str) -> None:
        """The user says something, or the system message does."""
        self._heard.append(text)
        self._proposed += self._said
        self._said = []
        self._text = self._offer = None
        self._note(text)

    def say(self, text: str) -> None:
        """The assistant says something: what the user answers may be an agreement to it."""
        self._said.append(text)

    def find(self, text: str) -> None:
        """A tool gives a result."""
        self._found.append(_plain(text))
        self._words = ""
        self._note(text)

    def _note(self, text: str) -> None:
        if len(self._numbers) < _MOST_NUMBERS:
            self._numbers.update(float(number.replace(",", "")) for number in _NUMBER.findall(text)[:_MOST_NUMBERS])

    def source(self, value: Any, name: str, schema: dict[str, Any]) -> str | None:
        """Where a value (no list or object) comes from; None if from nowhere.

        Returns:
            "schema", "result", "proposed" (said by the assistant before the user's last message), "computed" (a sum, a
            product, a date of which a part was said), "composed" (prose in which no number and no id is new), or what
            `lamforge.grounding.Text.source` says of the user's words and the system message.
        """
        if isinstance(value, bool) or value is None or value in (schema.get("enum") or ()):
            return "schema"
        if "default" in schema and schema["default"] == value:
            return "schema"
        plain = _plain(str(value))
        if plain.strip() and plain in self._results():
            return "result"
        if self._text is None:
            self._text = Text("\n".join(self._heard))
        if heard := self._text.source(value, name, schema):
            return heard
        if self._offer is None:
            self._offer = Text("\n".join(self._proposed))
        if self._offer.source(value, name, schema):
            return "proposed"
        if isinstance(value, str):
            return self._derived(value)
        return "computed" if self._computes(float(value)) else None

    def _results(self) -> str:
        self._words = self._words or "".join(self._found)
        return self._words

    def _derived(self, value: str) -> str | None:
        """The source of a text that nobody has said as it is."""
        if (date := _DATE.match(value)) is not None:
            heard = set(_WORD.findall(" ".join(self._heard).lower()))
            dated = says_time(value, "\n".join(self._heard).lower() + f" {date[1]}")
            return "computed" if dated or heard & _RELATIVE else None
        numbers = [float(number.replace(",", "")) for number in _NUMBER.findall(value)[:_MOST_NUMBERS]]
        if _SUM.fullmatch(value):
            known = all(number < _SMALL or self._computes(number) for number in numbers)
            return "computed" if numbers and known else None
        words = _WORD.findall(value)
        if len(words) < _PROSE:
            return None
        strange = [word for word in words if is_identifier(word) and not self._knows(word)]
        return None if strange else "composed"

    def _knows(self, word: str) -> bool:
        """Whether an id or a number inside of prose was there before."""
        if word.isdecimal() and (float(word) < _SMALL or self._computes(float(word))):
            return True
        plain = _plain(word)
        return plain in self._results() or any(plain in _plain(text) for text in (*self._heard, *self._proposed))

    def _computes(self, number: float) -> bool:
        """Whether a number is there, or is a sum, a difference or a multiple of such."""
        known = self._numbers
        if is_among(number, known):
            return True
        if abs(number) < _SMALL:
            return False
        near = {round(each, 2) for each in known}
        if any(round(abs(number) - each, 2) in near or round(abs(number) + each, 2) in near for each in known):
            return True
        return any(round(abs(number) / each, 2) in near for each in known if 1 < each <= _MOST_FACTOR)


def _plain(text: str) -> str:
    """A text as its words in lower case, with a space around each: whole words can be found in it."""
    return f" {' '.join(_WORD.findall(text.casefold()))} "
