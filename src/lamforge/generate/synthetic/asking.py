"""One request in words: a command or a question, and around it, one way or another, every value of the call."""

from __future__ import annotations

import re
from collections.abc import Sequence
from random import Random

from lamforge.generate.english import capitalised, gerund
from lamforge.generate.synthetic.phrases import pick
from lamforge.generate.synthetic.speaker import LANGUAGE, stopped
from lamforge.generate.synthetic.telling import Given, Text, Told, attachable, item, spoken, told, unmistakable
from lamforge.generate.synthetic.tool import Tool

_LEADING = re.compile("^(?:[,: ]+|(?:and|of) )")  # what a phrase begins with behind a request, but not on its own
_STATES = 0.2  # share of requests that are told as a state of affairs, where there is a way to
_SUBJECT = 0.25  # share of commands whose person stands before them: "Ada Moss wants to rent a bike"
_WANTS = ("wants to", "would like to", "needs to", "has to", "is about to", "asked me to", "has decided to")
_FRONT = tuple("from on for in at with by until under over within".split())
_LISTS = ((": ", ", "), (" ", ", "), (" = ", ", "), (": ", "; "), (": ", "\n"), (" - ", "\n"), (": ", "\n- "))


def request(rng: Random, tool: Tool, given: Sequence[Given], text: Text, things: str = "") -> str:
    """What a person says to have this tool called with these values, and nothing of those that are not given.

    Args:
        things: What stands for the thing that the request is about, such as "invoices A-1 and A-2".
    """
    if given and not things and rng.random() < text.speaker.telegraphic:
        return _telegram(rng, tool, given, text)
    base, way, rest = _base(rng, tool, given, text, things=things)
    who = _person(tool, rest) if way == "command" and rng.random() < _SUBJECT else None
    if who is not None:
        rest.remove(who)
        base = f"{text.mark(who, rng)[0]} {pick(rng, _WANTS)} {base}"
    places = told(rng, tool, rest, text, apart=who is None)
    first = places.attached[0] if places.attached else ""
    if who is not None:
        said = f"{base}{places.behind(rng)}."
    elif first.partition(" ")[0] in _FRONT and way == "command" and rng.random() < 0.1:
        said = f"{first}{pick(rng, (', ', ': ', ', '))}{LANGUAGE.say(rng, 'asks')}{base}{places.behind(rng, 1)}."
    elif way == "state" and not tool.concept.noun:
        said = _situation(rng, base, places)
    elif way != "command":
        said = LANGUAGE.say(rng, way, {"q": base + places.behind(rng)})
    else:
        command = base + places.behind(rng)
        rule = "told" if " me " in f"{command} " else "command"
        said = LANGUAGE.say(rng, rule, {"x": command, "ing": gerund(command)})
    if places.apart:
        said = stopped(said)
    return said + "".join(f" {capitalised(each)}" for each in places.apart)


def _person(tool: Tool, given: Sequence[Given]) -> Given | None:
    """The one person among the values, if there is one."""
    people = (each for each in given if each.field.parameter.kind in ("person", "first_name"))
    return next((each for each in people if unmistakable(tool, each)), None)


def _situation(rng: Random, base: str, places: Told) -> str:
    """`My wallet was stolen. Card number 4711.`: the values stand for themselves."""
    values = ", ".join([*(_LEADING.sub("", each) for each in places.attached), *places.grouped])
    opening = LANGUAGE.say(rng, "greeting")
    if not values:
        return opening + base
    joint = " " if base[-1] == "?" else pick(rng, (". ", ". ", ": ", " - ", ", "))
    return f"{opening}{base}{joint}{capitalised(values) if joint in ' . ' else values}."


def bare(rng: Random, tool: Tool, given: Sequence[Given], text: Text) -> str:
    """The request as a plain command without any opening, for a sentence that has others before it."""
    base, _, rest = _base(rng, tool, given, text, commands=True)
    places = told(rng, tool, rest, text, apart=False)
    return base + places.behind(rng) + "".join(f". {capitalised(each).rstrip('.')}" for each in places.apart)


def addition(rng: Random, tool: Tool, given: Sequence[Given], text: Text) -> str:
    """Values alone, as they stand behind "and another one"."""
    parts: list[str] = []
    for each in given:
        sign, _ = text.mark(each, rng)
        if each.field.parameter.kind == "?":
            parts.append(sign)
        elif options := [phrase for phrase in attachable(tool, each.field) if phrase[0] not in ",:;"]:
            parts.append(pick(rng, options).replace("{}", sign))
        else:
            joint = "and" if parts and parts[-1].startswith(("with", "and")) else "with"
            parts.append(f"{joint} {item(rng, each, sign)}")
    return " ".join(parts)


def _base(
    rng: Random, tool: Tool, given: Sequence[Given], text: Text, *, commands: bool = False, things: str = ""
) -> tuple[str, str, list[Given]]:
    """(the request without most values, "command", "question" or "state", values that are not in it)."""
    concept = tool.concept
    names = {each.field.parameter.name: each for each in given}
    way, options = "command", []
    if not commands and rng.random() < _STATES:
        way, options = "state", _fitting(concept.states, names)
    elif not commands and rng.random() < (0.5 if len(concept.questions) > 2 else 0.2):
        way, options = "question", _fitting(concept.questions, names)
    if not options:
        way, options = "command", _fitting(concept.wishes, names) or list(concept.descriptions[:1])
    base = tool.named(pick(rng, options))
    used: set[str] = set()
    if "{the}" in base:
        number = names.get(tool.identity)
        if number is not None:
            used.add(tool.identity)
        base = base.replace("{the}", things or _reference(rng, tool, number, text))
    for name, each in names.items():
        if f"{{{name}}}" in base:
            base = base.replace(f"{{{name}}}", text.mark(each, rng)[0])
            used.add(name)
    return base, way, [each for name, each in names.items() if name not in used]


def _fitting(phrases: Sequence[str], names: dict[str, Given]) -> list[str]:
    """Phrases whose values are given; a value that stands in phrases alone must be in them."""
    alone = [f"{{{name}}}" for name, each in names.items() if each.field.parameter.attached == ("{}",)]
    found = []
    for phrase in phrases:
        parts = phrase.split("{")[1:]
        inside = [part.partition("}")[0] for part in parts]
        if all(name in ("the", "a") or name in names for name in inside) and all(each in phrase for each in alone):
            found.append(phrase)
    return found


def _reference(rng: Random, tool: Tool, number: Given | None, text: Text) -> str:
    noun = tool.named(tool.concept.noun)
    if number is None:
        return f"{pick(rng, ('my', 'the', 'this', 'our'))} {noun}"
    return LANGUAGE.say(rng, "reference", {"n": noun, "v": text.mark(number, rng)[0]})


def _telegram(rng: Random, tool: Tool, given: Sequence[Given], text: Text) -> str:
    """`train ticket. from: Graz, to: Linz`."""
    head = tool.named(pick(rng, (tool.command.replace(" your ", " my "), " ".join(pick(rng, tool.concept.names)))))
    colon, between = pick(rng, _LISTS)
    order = list(given)
    if rng.random() < 0.5:
        rng.shuffle(order)
    parts = []
    for each in order:
        sign, _ = text.mark(each, rng)
        label = text.sign(each.field.name) if rng.random() < 0.12 else spoken(each.field)
        parts.append(sign if each.field.parameter.kind == "?" else f"{label}{colon}{sign}")
    values = between.join(parts)
    if "\n" in between:
        return f"{head}{between}{values}"
    if rng.random() < 0.15:
        return f"{values}{pick(rng, ('. ', ' -> ', ' - '))}{head}"
    return f"{head}{pick(rng, (': ', ' - ', '. ', ', ', ' / '))}{values}"
