"""Texts for arguments: by format, by example, by pattern, by the kind of thing that the name tells, or made-up ids."""

from __future__ import annotations

import random
import re
import string
from typing import Any

from lamforge.generate.single.patterns import UnknownPatternError, text_for
from lamforge.generate.single.vocabulary import kind_of, values_of

_EXAMPLE_SHARE = 0.35  # how often an example of the schema is taken where a kind is known
_INTRODUCED = re.compile(r"(?:such as|e\.g\.,?|for example,?|for instance,?|example:|like)\s+", re.IGNORECASE)
_QUOTED = re.compile(r"[\"“`]([^\"”`\n]{1,60})[\"”`]|'([^'\n]{1,60})'(?!\w)")
_BARE = re.compile(r"([A-Z0-9][\w.@:/+-]*)")
_TIMED = re.compile(r"\d{4}-\d\d|\d{1,2}:\d\d|\d{1,2}[/.]\d{1,2}[/.]\d")
_FORMATS = {"email": "email", "uri": "url", "url": "url", "phone": "phone"}  # -> kinds of the vocabulary


def text_value(name: str, schema: dict[str, Any], rng: random.Random) -> str:
    """A text for an argument of that name; whether the schema takes it is for the caller to see."""
    description = str(schema.get("description") or "")
    if isinstance(form := schema.get("format"), str) and (made := _formatted(form, rng)) is not None:
        return made
    if pattern := schema.get("pattern"):
        try:
            return text_for(pattern, rng)
        except UnknownPatternError:
            pass
    examples = given_examples(schema, (str,)) or described_examples(description)
    kind = kind_of(name, description)
    values = values_of(kind) if kind else []
    if examples and (not values or rng.random() < _EXAMPLE_SHARE):
        return _varied(rng.choice(examples), rng)
    if kind in ("date", "time", "datetime"):
        return _formatted(kind, rng) or ""
    if values:
        return rng.choice(values)
    return _code(rng) if kind == "code" else rng.choice(values_of(rng.choice(("query", "title", "product"))))


def described_examples(description: str) -> list[str]:
    """The values that a description gives as examples."""
    found: list[str] = []
    for introduced in _INTRODUCED.finditer(description):
        rest = description[introduced.end() :]
        if quoted := _QUOTED.match(rest):
            found.append(quoted[1] or quoted[2])
        elif bare := _BARE.match(rest):
            found.append(bare[1].rstrip(".,:"))
    return found or [double or single for double, single in _QUOTED.findall(description)]


def given_examples(schema: dict[str, Any], types: tuple[type, ...]) -> list[Any]:
    """The values that a schema itself gives."""
    given = schema.get("examples")
    found = list(given) if isinstance(given, list) else []
    found += [schema[key] for key in ("example", "example_value", "default") if key in schema]
    return [each for each in found if isinstance(each, types) and not isinstance(each, bool) and each != ""]


def _formatted(form: str, rng: random.Random) -> str | None:
    date = f"{rng.choice((2025, 2026, 2026, 2027))}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
    clock = f"{rng.randint(7, 21):02}:{rng.choice((0, 0, 15, 30, 45)):02}"
    stamp = f"{date}T{clock}:00Z"
    digits = "".join(rng.choice("0123456789abcdef") for _ in range(32))
    made = {
        "date": date,
        "time": clock,
        "date-time": stamp,
        "datetime": stamp,
        "uuid": f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}",
        "ipv4": ".".join(str(rng.randint(2, 250)) for _ in range(4)),
    }
    return made.get(form) or (rng.choice(values_of(_FORMATS[form])) if form in _FORMATS else None)


def _varied(example: str, rng: random.Random) -> str:
    """Another value of an example's form: other digits; what may be a date or a time stays as it is."""
    if _TIMED.search(example):
        return example
    return re.sub("[1-9]", lambda _: rng.choice("123456789"), example)


def _code(rng: random.Random) -> str:
    letters = "".join(rng.choice(string.ascii_uppercase) for _ in range(rng.choice((1, 2, 3))))
    return f"{letters}{rng.choice(('', '-'))}{rng.randint(1000, 99999)}"
