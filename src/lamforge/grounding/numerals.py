"""The numbers that a text says, in figures and in words."""

from __future__ import annotations

import re
from collections.abc import Iterator

_TOKEN = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+|[^\W\d_]+|[-−%,;:.]")
_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
_TENS: dict[str, float] = {
    name: 10 * number for number, name in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), 2)
}
_ORDINALS = "first second third fourth fifth sixth seventh eighth ninth tenth".split()
_WORDS: dict[str, float] = {name: number for number, name in enumerate(_SMALL)} | _TENS
_WORDS |= {name: number for number, name in enumerate(_ORDINALS, 1)}
_WORDS |= {
    "half": 0.5,
    "quarter": 0.25,
    "couple": 2,
    "dozen": 12,
    "hundred": 100,
    "thousand": 1000,
    "once": 1,
    "twice": 2,
}
_SCALES: dict[str, float] = {"dozen": 12, "hundred": 1e2, "thousand": 1e3, "k": 1e3, "million": 1e6, "m": 1e6}
_SCALES["billion"] = 1e9
_NEGATIVE = {"-", "−", "minus", "negative"}
_BEHIND = {"s", "south", "w", "west", "below"}  # of a coordinate or a temperature
_FACTORS = {  # unit that is named -> what its number may stand for in other units
    "percent": (0.01,),
    "%": (0.01,),
    "hour": (60.0, 3600.0),
    "minute": (60.0, 1 / 60),
    "day": (24.0, 1440.0, 86400.0),
    "week": (7.0, 604800.0),
    "year": (12.0, 365.0),
    "km": (1000.0,),
    "kilometer": (1000.0,),
    "kg": (1000.0,),
    "dollar": (100.0,),
    "euro": (100.0,),
    "cent": (0.01,),
}


def numbers_in(text: str) -> set[float]:
    """The numbers that a text says, each with what it stands for in the units that the text names."""
    tokens = _TOKEN.findall(text.lower())
    said = set(_said(tokens))
    factors = {factor for token in tokens for factor in _FACTORS.get(token.rstrip("s"), ())}
    return said | {number * factor for number in said for factor in factors}


def is_among(number: float, numbers: set[float]) -> bool:
    """Whether a number is one of those, rounding aside."""
    return any(abs(number - other) <= 1e-9 * max(1.0, abs(number)) for other in numbers)


def _said(tokens: list[str]) -> Iterator[float]:
    place = 0
    while place < len(tokens):
        value = _value(tokens[place])
        if value is None:
            place += 1
            continue
        start, whole, part = place, 0.0, value
        yield value
        place += 1
        while place < len(tokens):
            token = tokens[place]
            if token in _SCALES:
                part = (part or 1) * _SCALES[token]
                whole, part = (whole + part, 0.0) if _SCALES[token] > 100 else (whole, part)
            elif token in ("and", "a", "-") and place + 1 < len(tokens) and _continues(tokens[place + 1]):
                pass
            elif token in _WORDS and (token == "half" or not tokens[start][-1].isdecimal()):
                part += _WORDS[token]
                yield _WORDS[token]
            else:
                break
            place += 1
        total = whole + part
        yield total
        before, behind = tokens[start - 1 : start], tokens[place : place + 1]
        if set(before) & _NEGATIVE or set(tokens[place : place + 2]) & _BEHIND:
            yield -total
        if behind == ["%"]:
            yield total / 100


def _value(token: str) -> float | None:
    if token[-1].isdecimal():
        return float(token.replace(",", ""))
    return _WORDS.get(token)


def _continues(token: str) -> bool:
    """Whether a word may go on with a number that has begun."""
    return token in _WORDS or token in _SCALES or token == "a"


def in_words(number: int) -> str:
    """A whole number below 20 in words."""
    return _SMALL[number]
