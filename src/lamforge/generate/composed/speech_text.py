"""The `wording.yaml` of a composed domain: how people there ask, and how the agent confirms and reports."""

from __future__ import annotations

import random
from datetime import date
from typing import Any

import yaml

from lamforge.generate.composed.business import Action, FieldKind
from lamforge.generate.composed.sketch import Sketch, fact_words
from lamforge.generate.composed.state import Record
from lamforge.generate.composed.tools_text import Part
from lamforge.generate.english import capitalised, indefinite

_NUMBERS = "zero one two three four five six seven eight nine ten eleven twelve".split()
_SPOKEN_DATES = 0.5  # domains in which people say dates in words


def wording_text(sketch: Sketch, parts: list[Part], tables: dict[str, dict[str, Record]], rng: random.Random) -> str:
    """The file."""
    words = _Words(sketch, rng)
    written: dict[str, Any] = {"tools": {}, "arguments": words.arguments(parts), "questions": {}, "answers": {}}
    for part in parts:
        if part.kind == "write":
            written["tools"][part.name] = words.tool(part)
        elif asked := words.questions(part):
            written["questions"][part.name], written["answers"][part.name] = asked
    written["values"] = words.values(parts, tables)
    return yaml.safe_dump(written, allow_unicode=True, sort_keys=False, width=110)


class _Words:
    def __init__(self, sketch: Sketch, rng: random.Random) -> None:
        self._sketch = sketch
        self._rng = rng
        self._it = f"{sketch.thing.noun} {{{sketch.thing.key}}}"
        self._my = f"my {sketch.thing.noun}"

    def arguments(self, parts: list[Part]) -> dict[str, list[str]]:
        """How people name each argument."""
        found: dict[str, list[str]] = {}
        for each in (argument for part in parts for argument in part.arguments):
            bare = each.name.removeprefix("new_")
            nouns = fact_words(bare)
            if bare != each.name:
                nouns = [f"new {nouns[0]}", nouns[0]]
            if each.name == self._sketch.thing.key:
                nouns = [
                    self._sketch.thing.key_words,
                    f"{self._sketch.thing.key_words.rsplit(' ', 1)[-1]} of the {self._sketch.thing.noun}",
                ]
            if each.name == self._sketch.item_field and self._sketch.item:
                nouns = [f"{self._sketch.item.noun}'s name", self._sketch.item.noun]
            if each.counts:
                nouns = [f"number of {bare.replace('_', ' ')}"]
            found[each.name] = nouns
        return found

    def tool(self, part: Part) -> dict[str, Any]:
        """Words for a tool that changes something."""
        if part.role == "hand_over":
            ask = ["talk to a person about {topic}", "be handed over to somebody because of {topic}", "talk to a human"]
            return {
                "ask": ask,
                "confirm": "be handed over to a person, topic: {topic}",
                "done": "I have handed you over to a colleague.",
            }
        if part.role == "contact":
            fact, words = f"new_{part.facts[0]}", fact_words(part.facts[0])[0]
            ask = [
                f"change my {words}",
                f"change my {words} to {{{fact}}}",
                f"give you my new {words}, {{{fact}}}",
                f"correct my {words}",
            ]
            return {
                "ask": ask,
                "confirm": f"change your {words} to {{{fact}}}",
                "done": f"Your {words} is now {{{fact}}}.",
            }
        assert part.action is not None
        makers = {"end": self._end, "set": self._set, "more": self._more, "new": self._new, "pay": self._pay}
        ask, confirm, done = makers.get(part.action.deed, self._add)(part.action)
        own = [self._filled(say, part) for say in part.action.say]
        return {"ask": [*own, *ask], "confirm": confirm, "done": done}

    def _filled(self, say: str, part: Part) -> str:
        """A phrase of the business with the names of this domain's arguments."""
        assert part.action is not None
        said = say.replace("{it}", self._it).replace("{new}", f"{{new_{part.action.object}}}")
        return said.replace("{item}", f"{{{self._sketch.item_field}}}")

    def _end(self, action: Action) -> tuple[list[str], str, str]:
        verb, it, thing = action.verb, self._it, self._sketch.thing.noun
        ask = [f"{verb} {it}", f"{verb} {self._my}", f"{verb} {self._my} {{{self._sketch.thing.key}}}"]
        if action.choices:
            ask += [
                f"{verb} {it}, {{reason}}",
                f"{verb} {self._my} ({{reason}})",
                f"{verb} {it}, the reason being: {{reason}}",
            ]
        reason = ", reason: {reason}" if action.choices else ""
        return ask, f"{verb} {it}{reason}", f"{thing.capitalize()} {{{self._sketch.thing.key}}} is {action.past}."

    def _set(self, action: Action) -> tuple[list[str], str, str]:
        words, new, it = action.object.replace("_", " "), f"{{new_{action.object}}}", self._it
        ask = [
            f"change the {words} of {it}",
            f"change the {words} of {it} to {new}",
            f"change the {words} of {self._my}",
            f"have {new} as the {words} of {it}",
        ]
        return (
            ask,
            f"change the {words} of {it} to {new}",
            f"The {words} of {it} {_is(self._sketch.kind_of(action.object))} now {new}.",
        )

    def _more(self, action: Action) -> tuple[list[str], str, str]:
        unit, it, verb = action.object, self._it, action.verb
        words = unit.replace("_", " ")
        ask = [f"{verb} {it} by {{{unit}}} {words}", f"{verb} {it}", f"{verb} {self._my}"]
        return (
            ask,
            f"{verb} {it} by {{{unit}}} {words}",
            f"{capitalised(it)} is {action.past} by {{{unit}}} {words}.",
        )

    def _add(self, action: Action) -> tuple[list[str], str, str]:
        what, it, verb = action.object, self._it, action.verb
        words = what.replace("_", " ")
        if action.deed == "report":
            ask = [
                f"report {indefinite(words)} of {it}: {{{what}}}",
                f"report {indefinite(words)} of {it}",
                f"{verb} {indefinite(words)} of {self._my}",
            ]
            return ask, f"report this about {it}: {{{what}}}", f"I have noted for {it}: {{{what}}}."
        if verb == "add":
            ask = [
                f"add {{{what}}} to {it}",
                f"add {indefinite(words)} to {it}",
                f"have {{{what}}} added to {self._my}",
            ]
            return ask, f"add {{{what}}} to {it}", f"I have added {{{what}}} to {it}."
        ask = [f"{verb} {it}", f"{verb} {it}, {words}: {{{what}}}"]
        return (
            ask,
            f"{verb} {it} with this {words}: {{{what}}}",
            f"I have {action.past} {it} with this {words}: {{{what}}}.",
        )

    def _new(self, action: Action) -> tuple[list[str], str, str]:
        sketch = self._sketch
        listed = ", ".join(f"{sketch.kind_of(name).words}: {{{name}}}" for name in action.fields)
        noun = f"the {sketch.item.noun} {{{sketch.item_field}}}" if sketch.item else f"a new {sketch.thing.noun}"
        plain = indefinite(sketch.item.noun if sketch.item else sketch.thing.noun)
        ask = [f"{action.verb} {plain}", f"{action.verb} {noun}", f"{action.verb} {noun}, {listed}"]
        key = f"{{{sketch.thing.key}}}"
        done = f"I have {action.past} {noun} for you ({listed}). The {sketch.thing.key_words} is {key}."
        return ask, f"{action.verb} {noun}, {listed}", done

    def _pay(self, action: Action) -> tuple[list[str], str, str]:
        it, verb = self._it, action.verb
        ask = [f"{verb} for {it}", f"{verb} for {it} by {{payment_method}}", f"{verb} for {self._my}"]
        return ask, f"{verb} for {it} by {{payment_method}}", f"{capitalised(it)} is paid by {{payment_method}}."

    def questions(self, part: Part) -> tuple[dict[str, list[str]], dict[str, str]] | None:
        """What people ask that a tool which looks knows, and the answers."""
        if part.role == "get":
            return self._about_thing()
        if part.role == "item" and self._sketch.item:
            name = f"{{{self._sketch.item_field}}}"
            asked, answers = {}, {}
            for each in self._sketch.business.item_fields[:2]:
                asked[each.name] = [f"What {each.words} does {name} have?", f"What is the {each.words} of {name}?"]
                answers[each.name] = f"The {each.words} of {name} is {{value}}."
            return asked, answers
        if part.role == "list":
            key = self._sketch.thing.key
            noun = self._sketch.thing.key_words
            return {
                f"0.{key}": [
                    f"What is the {noun} of the first one in my list?",
                    f"Which {self._sketch.thing.noun} comes first in my list? I need its {noun.rsplit(' ', 1)[-1]}.",
                ]
            }, {f"0.{key}": f"The first {noun} in your list is {{value}}."}
        return None

    def _about_thing(self) -> tuple[dict[str, list[str]], dict[str, str]]:
        it, asked, answers = self._it, {}, {}
        for each in self._sketch.fields:
            said = [*each.questions, f"What {_is(each)} the {each.words} of {{it}}?"]
            asked[each.name] = [*(q.replace("{it}", it) for q in said), *(q.replace("{it}", self._my) for q in said)]
            answers[each.name] = f"The {each.words} of {it} {_is(each)} {{value}}."
        asked["status"] = [
            f"What is the status of {it}?",
            f"How is {it} doing?",
            f"Is {it} still {self._sketch.business.open[0]}?",
            f"What is the status of {self._my}?",
        ]
        answers["status"] = f"{capitalised(it)} is {{value}}."
        if self._sketch.business.price:
            asked["price"] = [f"What does {it} cost?", f"How much is {it}?", f"What is the price of {it}?"]
            asked["price"] += [f"What does {self._my} cost?", f"How much is {self._my}?"]
            answers["price"] = f"{capitalised(it)} costs {{value}}."
        if self._sketch.item_field and self._sketch.item:
            noun = self._sketch.item.noun
            asked[self._sketch.item_field] = [f"Which {noun} is {it} for?", f"What {noun} does {it} belong to?"]
            answers[self._sketch.item_field] = f"{capitalised(it)} is for {{value}}."
        return asked, answers

    def values(self, parts: list[Part], tables: dict[str, dict[str, Record]]) -> dict[str, dict[str, list[str]]]:
        """How people say options, small numbers and dates; a value is always among its own phrases."""
        found: dict[str, dict[str, list[str]]] = {}
        for part in parts:
            action = part.action
            if action is not None and action.choices:
                name = "reason" if action.deed == "end" else "payment_method" if action.deed == "pay" else action.object
                found[name] = {value: [value, *said] for value, said in action.choices.items()}
            for each in part.arguments:
                if each.counts:
                    found[each.name] = {str(n): [str(n), word] for n, word in enumerate(_NUMBERS)}
        if self._rng.random() < _SPOKEN_DATES:
            found |= self._dates(parts, tables)
        return found

    def _dates(self, parts: list[Part], tables: dict[str, dict[str, Record]]) -> dict[str, dict[str, list[str]]]:
        dated = {each.name for each in self._sketch.fields if each.kind == "date"}
        names = {a.name for part in parts for a in part.arguments if a.name.removeprefix("new_") in dated}
        held = {name: sorted({record[name] for record in tables[self._sketch.thing.name].values()}) for name in dated}
        return {name: {day: _said(day, self._rng) for day in held[name.removeprefix("new_")]} for name in sorted(names)}


def _is(kind: FieldKind) -> str:
    """The verb that goes with a field's words."""
    plural = kind.name.endswith("s") and not kind.counts and not kind.name.endswith(("ss", "us"))
    return "are" if plural else "is"


def _said(day: str, rng: random.Random) -> list[str]:
    """A date as people say it: "12 June", "June 12"."""
    when = date.fromisoformat(day)
    return [
        day,
        f"{when.day} {when:%B}",
        f"{when:%B} {when.day}" if rng.random() < 0.5 else f"{when.day} {when:%B} {when.year}",
    ]
