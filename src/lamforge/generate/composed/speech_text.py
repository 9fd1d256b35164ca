"""The `wording.yaml` of a composed domain: how people there name things, ask and answer."""

from __future__ import annotations

import random
from datetime import date
from typing import Any

import yaml

from lamforge.generate.composed.parts import Part
from lamforge.generate.composed.questions import questions
from lamforge.generate.composed.sketch import Sketch, fact_words
from lamforge.generate.composed.state import Record
from lamforge.generate.composed.wishes import phrases
from lamforge.grounding import in_words

_IN_WORDS = 13  # numbers from zero
_SPOKEN_DATES = 0.5  # domains in which people say dates in words
_ALSO = {  # argument -> further names of it
    "reason": ["cause", "motive", "explanation"],
    "topic": ["matter", "concern"],
    "payment_method": ["way to pay", "means of payment"],
}


def wording_text(sketch: Sketch, parts: list[Part], tables: dict[str, dict[str, Record]], rng: random.Random) -> str:
    """The file."""
    written: dict[str, Any] = {"tools": {}, "arguments": _arguments(sketch, parts), "questions": {}, "answers": {}}
    for part in parts:
        if part.kind == "write":
            written["tools"][part.name] = phrases(sketch, part)
        elif asked := questions(sketch, part):
            written["questions"][part.name], written["answers"][part.name] = asked
    written["values"] = _values(parts)
    if rng.random() < _SPOKEN_DATES:
        written["values"] |= _dates(sketch, parts, tables[sketch.thing.name], rng)
    return yaml.safe_dump(written, allow_unicode=True, sort_keys=False, width=110)


def _arguments(sketch: Sketch, parts: list[Part]) -> dict[str, list[str]]:
    """How people name each argument."""
    thing = sketch.thing
    found: dict[str, list[str]] = {}
    for each in (argument for part in parts for argument in part.arguments):
        bare = each.name.removeprefix("new_")
        nouns = fact_words(bare) + _ALSO.get(bare, [])
        if bare != each.name:
            nouns = [f"new {nouns[0]}", nouns[0], *(f"{way} {nouns[0]}" for way in ("wanted", "future"))]
        if each.name == thing.key:
            nouns = [thing.key_words, f"{thing.key_word} of the {thing.noun}", f"{thing.noun}'s {thing.key_word}"]
        if each.name == sketch.item_field and sketch.item:
            noun = sketch.item.noun
            nouns = [f"{noun}'s name", noun, f"name of the {noun}", f"{noun} of choice"]
        if each.counts:
            nouns = [f"number of {bare.replace('_', ' ')}"]
        found[each.name] = nouns
    return found


def _values(parts: list[Part]) -> dict[str, dict[str, list[str]]]:
    """How people say options and small numbers; a value is always among its own phrases."""
    found: dict[str, dict[str, list[str]]] = {}
    for part in parts:
        action = part.action
        if action is not None and action.choices:
            name = {"end": "reason", "pay": "payment_method"}.get(action.deed, action.object)
            found[name] = {value: [value, *said] for value, said in action.choices.items()}
        for each in part.arguments:
            if each.counts:
                found[each.name] = {str(number): [str(number), in_words(number)] for number in range(_IN_WORDS)}
    return found


def _dates(
    sketch: Sketch, parts: list[Part], things: dict[str, Record], rng: random.Random
) -> dict[str, dict[str, list[str]]]:
    """How people say the dates of records."""
    dated = {each.name for each in sketch.fields if each.kind == "date"}
    names = sorted({a.name for part in parts for a in part.arguments if a.name.removeprefix("new_") in dated})
    held = {name: sorted({record[name.removeprefix("new_")] for record in things.values()}) for name in names}
    return {name: {day: _said(day, rng) for day in held[name]} for name in names}


def _said(day: str, rng: random.Random) -> list[str]:
    """A date as people say it: "12 June", "June 12"."""
    when = date.fromisoformat(day)
    return [
        day,
        f"{when.day} {when:%B}",
        f"{when:%B} {when.day}" if rng.random() < 0.5 else f"{when.day} {when:%B} {when.year}",
    ]
