"""Where the values of a call come from: each must be traced to the query or to the schema, else it was made up."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from lamforge.domains.speech import is_identifier
from lamforge.errors import bounded
from lamforge.grounding.calendar_words import says_time
from lamforge.grounding.numerals import is_among, numbers_in

_WORD = re.compile(r"[^\W_]+")
_EMPTY = frozenset(
    "a an the of to in on at for and or with by is are be my your our me it its that this from as".split()
)
_SWITCHES = frozenset("is has have use with include enable should allow do be flag only set show get".split())
_LONG = 5  # words that say something: a text of so many may be told in other words
_TOLD = 0.75  # share of them that the query must hold
_LETTERS = 4  # of an abbreviation at most
_LARGEST = 1e15  # number that is looked for in other words than its own
_LONG_ID = 5  # characters of an id that is recognised however it is spaced and hyphenated
_MISSPELLABLE = 4  # letters of the shortest word that is recognised with a typing error
_CODES = {  # that are no beginnings of what they stand for
    "usd": "dollar", "eur": "euro", "gbp": "pound", "jpy": "yen", "inr": "rupee", "chf": "franc", "cny": "yuan",
    "de": "german", "es": "spa", "ja": "japan", "jp": "japan", "zh": "chinese", "cn": "chin", "uk": "brit",
    "gb": "brit", "ch": "swi", "se": "swed", "sv": "swed", "us": "america", "pt": "portu", "nl": "dutch",
    "c": "celsius", "f": "fahrenheit", "kg": "kilo", "km": "kilomet", "lb": "pound",
}  # fmt: skip


_NICKNAMES = {  # of places, as people say them; codes of airports stand for the city, too
    "atlanta": "atl", "bangkok": "bkk", "boston": "bos", "buenos aires": "ba", "chicago": "chi town|ord|windy city",
    "dallas": "dfw|big d", "denver": "den", "detroit": "motor city", "frankfurt": "fra", "hong kong": "hk",
    "kuala lumpur": "kl", "las vegas": "vegas", "london": "lhr|lgw", "los angeles": "la|l a|lax",
    "mexico city": "cdmx", "miami": "mia", "minneapolis": "msp", "new delhi": "delhi", "new orleans": "nola",
    "new york": "nyc|ny|jfk|lga|big apple", "new york city": "nyc|ny|big apple", "paris": "cdg",
    "philadelphia": "philly|phl|phily", "phoenix": "phx", "portland": "pdx", "rio de janeiro": "rio",
    "salt lake city": "slc", "san diego": "sd|san", "san francisco": "sf|s f|sfo|san fran|frisco", "seattle": "sea",
    "singapore": "sg", "st petersburg": "st pete", "sydney": "syd", "toronto": "yyz", "vancouver": "yvr",
    "washington": "dc|d c|dca", "washington dc": "dc|d c|washington", 
    "washington d c": "dc|washington|district of columbia",
}  # fmt: skip


@dataclass
class Text:
    """What may be a source: the query, and the system message if there is one.

    Args:
        misspelled: Words count as said with one typing error, too.
    """

    text: str
    misspelled: bool = False
    _lower: str = field(init=False)
    _words: list[str] = field(init=False)
    _distinct: set[str] = field(init=False)
    _joined: str = field(init=False)
    _compact: str = field(init=False)
    _numbers: set[float] = field(init=False)

    def __post_init__(self) -> None:
        self._lower = self.text.casefold().replace("’", "'")
        self._words = _words(self.text)
        self._distinct = set(self._words)
        self._joined = f" {' '.join(self._words)} "
        self._compact = "".join(self._words)
        self._numbers = numbers_in(self.text)

    def source(self, value: Any, name: str, schema: Any) -> str | None:
        """Where a value (no list or object) comes from; None if from nowhere.

        Returns:
            "query" for its very words, "form" for a number or a date written otherwise, "words" for words like it,
            "abbreviation", "default" or "schema".
        """
        schema = schema if isinstance(schema, dict) else {}
        if value is None or schema.get("enum") == [value] or schema.get("const", _NONE) == value:
            return "schema"
        if isinstance(value, bool):
            found = "words" if self._says_switch(name) else None
        elif isinstance(value, int | float):
            found = "query" if str(value) in self._distinct else None
            small = abs(value) < _LARGEST
            found = found or ("form" if small and is_among(float(value), self._numbers) else None)
        else:
            found = self._text(str(value), choice="enum" in schema)
        return found or ("default" if schema.get("default", _NONE) == value else None)

    def _text(self, value: str, *, choice: bool) -> str | None:
        words = _words(value)
        if not words:
            return "query" if value.strip() in self._lower else None
        if f" {' '.join(words)} " in self._joined:
            return "query"
        if any(f" {other} " in self._joined for other in _NICKNAMES.get(" ".join(words), "?").split("|")):
            return "abbreviation"
        if is_identifier(value) and len(value) >= _LONG_ID and "".join(words) in self._compact:
            return "query"
        if says_time(value, self._lower):
            return "form"
        if len(words) == 1 and words[0].isdecimal() and words[0][0] != "0":
            return "form" if is_among(float(words[0]), self._numbers) else None
        if len(words) > 2 * len(self._words):
            return None
        telling = [word for word in words if word not in _EMPTY]
        said = [word for word in telling if self._says(word)]
        share = 0.01 if choice else _TOLD if len(telling) >= _LONG else 1.0
        if said and len(said) >= share * len(telling):
            return "words"
        return "abbreviation" if self._abbreviates(words) else None

    def _says_switch(self, name: str) -> bool:
        parts = [part for part in split_name(name) if part not in _SWITCHES and part not in _EMPTY]
        return any(self._says(part) for part in parts)

    def _says(self, word: str) -> bool:
        if any(character.isdigit() for character in word):
            return word in self._distinct
        return any(self._alike(word, other) for other in self._distinct)

    def _alike(self, word: str, other: str) -> bool:
        if word == other:
            return True
        shorter, longer = sorted((word, other), key=len)
        stem = shorter[:-1] if shorter.endswith(("e", "y")) else shorter
        if len(shorter) >= 4 and longer.startswith(stem) and len(longer) - len(shorter) <= 3:
            return True
        return self.misspelled and len(word) >= _MISSPELLABLE and one_error(word, other)

    def _abbreviates(self, words: list[str]) -> bool:
        """Whether the words are an abbreviation of what is said, such as FR for France, or the other way round."""
        if len(words) > 1:
            initials = "".join(word[0] for word in words)
            return initials.isalpha() and initials in self._distinct
        (word,) = words
        if not 2 <= len(word) <= _LETTERS or not word.isalpha():
            return False
        names = [each.casefold() for each in _WORD.findall(self.text) if each[0].isupper()]
        coded = any(other.startswith(_CODES.get(word, "?")) for other in self._distinct)
        return coded or word in "".join(name[0] for name in names) or any(name.startswith(word) for name in names)


def trace(text: Text, arguments: dict[str, Any], properties: dict[str, Any]) -> tuple[dict[str, str], str | None]:
    """({path of a value: its source}, a sentence about the first value that has none)."""
    sources: dict[str, str] = {}
    for path, name, value, schema in leaves(arguments, properties):
        source = text.source(value, name, schema)
        if source is None:
            return sources, f"{path}: {bounded(value)} is neither in the query nor in the schema"
        sources[path] = source
    return sources, None


def leaves(arguments: dict[str, Any], properties: dict[str, Any]) -> Iterator[tuple[str, str, Any, dict[str, Any]]]:
    """(path, name of its field, value, schema) of each value in a call's arguments that is no list or object."""
    stack = [(name, name, value, properties.get(name)) for name, value in reversed(arguments.items())]
    while stack:
        path, name, value, schema = stack.pop()
        schema = schema if isinstance(schema, dict) else {}
        if isinstance(value, dict):
            inner = schema.get("properties")
            inner = inner if isinstance(inner, dict) else {}
            stack += [(f"{path}.{key}", key, each, inner.get(key)) for key, each in reversed(value.items())]
        elif isinstance(value, list):
            items = schema.get("items")
            stack += [(f"{path}.{n}", name, each, items) for n, each in reversed(list(enumerate(value)))]
        else:
            yield path, name, value, schema


def split_name(name: str) -> list[str]:
    """The lower-case words of a name in snake_case or camelCase."""
    return [part.lower() for part in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+", name)]


def one_error(word: str, other: str) -> bool:
    """Whether two words differ by one letter more, less, another or by two neighbours swapped."""
    if abs(len(word) - len(other)) > 1:
        return False
    start = 0
    while start < min(len(word), len(other)) and word[start] == other[start]:
        start += 1
    mine, theirs = word[start:], other[start:]
    return mine[1:] == theirs or mine == theirs[1:] or mine[1:] == theirs[1:] or (mine[1::-1] + mine[2:]) == theirs


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


_NONE = object()
