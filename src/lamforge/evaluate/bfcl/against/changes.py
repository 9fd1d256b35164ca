"""Values that are nearly right: other types, other spellings, other orders."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

_LETTERS = " .,/-_*^'\"(é1A;\n"
ODD: tuple[Any, ...] = (None, "", [], {}, 0, True, -1, 1.5, "x", [1], {"a": 1}, float("nan"), 10**20, [[]], "cd (")


def changed(value: Any, rng: random.Random) -> Any:
    """Another value, more or less like this one."""
    if rng.random() < 0.2:
        return copy.deepcopy(rng.choice(ODD))
    if isinstance(value, bool):
        return rng.choice((not value, str(value), str(value).lower(), int(value)))
    if isinstance(value, (int, float)):
        whole = int(value) if value == value and abs(value) < 10**15 else 0
        return rng.choice((value + 1, -value, float(value), whole, str(value), f"{value}L", bool(value), [value]))
    if isinstance(value, str):
        return _changed_text(value, rng)
    if isinstance(value, list):
        some = rng.sample(value, rng.randrange(len(value) + 1))
        return rng.choice((value[::-1], some, value + value[:1], [value], _as_object(value), json.dumps(value)))
    if isinstance(value, dict):
        fewer = {key: item for key, item in value.items() if rng.random() < 0.7}
        return rng.choice((fewer, {**value, "more": 1}, [value], json.dumps(value), list(value)))
    return rng.choice(ODD)


def _as_object(value: list[Any]) -> dict[str, Any]:
    """A list as some models write one: an object with numbers for names."""
    return {str(number): item for number, item in enumerate(value)}


def _changed_text(text: str, rng: random.Random) -> Any:
    place = rng.randrange(len(text) + 1)
    letter = rng.choice(_LETTERS)
    bracketed = rng.choice(
        ("[{}]", '"{}"', "'{}'", "{{{}}}", "new String[]{{{}}}", "new ArrayList<>(Arrays.asList({}))")
    )
    return rng.choice(
        (
            text.upper(),
            text.lower(),
            text[:place] + letter + text[place:],
            text[:place] + text[place + 1 :],
            text.replace(rng.choice(_LETTERS), ""),
            text.replace(" ", "  "),
            text.replace('"', "'"),
            text + "L",
            text + " (see below)",
            text[::-1],
            [text],
            int(text) if text.isascii() and text.isdigit() else text * 2,
            bracketed.format(text),
        )
    )
