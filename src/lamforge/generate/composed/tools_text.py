"""The `tools.py` of a composed domain."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field

from lamforge.generate.composed.business import Action
from lamforge.generate.composed.sketch import Sketch, fact_words
from lamforge.generate.english import indefinite, plural

_GETS = ("get", "show", "view", "read", "look_up", "fetch", "check")
_FINDS = ("find", "identify", "look_up", "search", "verify", "get")
_LISTS = ("list", "get", "show", "find")
_GONE_SHARE, _CHOICE = 0.5, 3  # how often an option is not to be had, of how many at least
TOPICS = (
    "complaint about staff",
    "data protection",
    "lost property",
    "press enquiry",
    "general feedback",
    "billing dispute",
)

_HEAD = '''"""The tools of {firm}."""

from typing import Annotated, Literal

from pydantic import Field

from lamforge.domains import State, ToolError, tool
'''


@dataclass
class Argument:
    """One parameter: its name, its annotation in Python, and what is said of it."""

    name: str
    annotation: str
    note: str = ""

    @property
    def counts(self) -> bool:
        """Whether it takes a whole number."""
        return self.annotation == "int" or self.annotation.startswith("Annotated[int")


@dataclass
class Part:
    """One tool as text."""

    name: str
    kind: str
    arguments: list[Argument]
    summary: str
    body: str
    action: Action | None = None
    role: str = "action"  # identify, get, list, items, item, contact, hand_over
    facts: list[str] = field(default_factory=list)


class ToolWriter:
    """Writes the tools of one sketch."""

    def __init__(self, sketch: Sketch, rng: random.Random) -> None:
        self._sketch = sketch
        self._rng = rng
        self._notes = rng.choice(["all", "all", "some", "none"])
        self._topics = rng.sample(TOPICS, 3)
        self._names: set[str] = set()

    def parts(self) -> list[Part]:
        """All tools, those that look first."""
        sketch = self._sketch
        parts = [self._identify(way) for way in sketch.ways]
        parts.append(self._get())
        parts += [{"list": self._list, "items": self._items, "item": self._item}[read]() for read in sketch.reads]
        makers = {"end": self._end, "set": self._set, "more": self._more, "add": self._add, "report": self._add}
        makers |= {"new": self._new, "pay": self._pay}
        parts += [makers[action.deed](action) for action in sketch.actions]
        if sketch.contact:
            parts.append(self._contact(sketch.contact))
        if sketch.hand_over:
            parts.append(self._hand_over())
        return parts

    def text(self, parts: list[Part]) -> str:
        """The file."""
        pieces = [_HEAD.format(firm=self._sketch.firm), self._helpers(), *(self._function(part) for part in parts)]
        return "\n\n".join(pieces)

    def _named(self, verb: str, thing: str) -> str:
        """A tool's name in the domain's style, not taken yet."""
        verb, thing = verb.replace(" ", "_"), thing.replace(" ", "_")
        name = f"{verb}_{thing}"
        if self._sketch.style == "noun_first":
            name = f"{thing}_{verb}"
        elif self._sketch.style == "prefixed":
            name = f"{self._sketch.business.name.split('_')[0]}_{verb}_{thing}"
        elif self._sketch.style == "camel":
            first, *rest = name.split("_")
            name = first + "".join(part.capitalize() for part in rest)
        while name in self._names:
            name += "_2"
        self._names.add(name)
        return name

    def _choose(self, *options: str) -> str:
        return self._rng.choice(options)

    def _helpers(self) -> str:
        thing, person = self._sketch.thing, self._sketch.person
        opened = json.dumps(self._sketch.business.open)
        pieces = [_finder("_thing", thing.noun, thing.name), _finder("_person", person.noun, person.name)]
        pieces.append(
            f'''def _open(state: State, key: str) -> dict:
    record = _thing(state, key)
    if record["status"] not in {opened}:
        raise ToolError(f"{thing.noun} {{key}} is {{record['status']}}")
    return record
'''
        )
        return "\n\n".join(pieces)

    def _function(self, part: Part) -> str:
        arguments = "".join(f", {each.name}: {each.annotation}" for each in part.arguments)
        notes = [each for each in part.arguments if each.note and self._notes != "none"]
        if self._notes == "some":
            notes = [each for each in notes if "such as" in each.note or "Literal" in each.annotation]
        lines = [f'    """{part.summary}']
        if notes:
            lines += ["", "    Args:", *(f"        {each.name}: {each.note}" for each in notes), '    """']
        else:
            lines[0] += '"""'
        body = "\n".join("    " + line if line else "" for line in part.body.strip("\n").split("\n"))
        head = f'@tool(kind="{part.kind}")\ndef {part.name}(state: State{arguments}) -> dict:'
        if part.role in ("list", "items"):
            head = head.replace("-> dict", "-> list[dict]")
        return "\n".join([head, *lines, body, ""])

    def _key(self) -> Argument:
        """The argument that names a main record."""
        thing = self._sketch.thing
        example = thing.shape(self._rng)
        note = self._choose(
            f'The {thing.key_words}, such as "{example}".', f"Which {thing.noun}.", f"The {thing.key_words}."
        )
        return Argument(thing.key, "str", note)

    def _owner(self) -> Argument:
        person = self._sketch.person
        return Argument(person.key, "str", f"The {person.noun}'s {person.key_words.rsplit(' ', 1)[-1]}.")

    def _identify(self, way: list[str]) -> Part:
        person = self._sketch.person
        told = " and ".join(fact_words(fact)[0] for fact in way)
        verb = self._choose(*_FINDS)
        thing = self._choose(person.noun, f"{person.noun}_by_{'_and_'.join(way)}", person.noun)
        summary = self._choose(
            f"Find {indefinite(person.noun)} by {told}.",
            f"Look {indefinite(person.noun)} up by {told}.",
            f"Identify the {person.noun} by {told}.",
            f"Returns the record of the {person.noun} with this {told}.",
        )
        same = " and ".join(f'record["{fact}"].lower() == {fact}.lower()' for fact in way)
        shown = ", ".join("{" + fact + "}" for fact in way)
        body = f"""for record in state["{person.name}"].values():
    if {same}:
        return record
raise ToolError(f"no {person.noun} found with {told} {shown}")"""
        arguments = [Argument(fact, "str", f"The {person.noun}'s {fact_words(fact)[0]}.") for fact in way]
        return Part(self._named(verb, thing), "read", arguments, summary, body, role="identify", facts=way)

    def _get(self) -> Part:
        thing = self._sketch.thing
        verb = self._choose(*_GETS)
        noun = self._choose(thing.noun, thing.noun, f"{thing.noun}_details")
        summary = self._choose(
            f"Show {indefinite(thing.noun)}.",
            f"Show {indefinite(thing.noun)} with all its details.",
            f"Get the details of {indefinite(thing.noun)}.",
            f"Look {indefinite(thing.noun)} up by its {thing.key_words.rsplit(' ', 1)[-1]}.",
            f"Returns status and details of {indefinite(thing.noun)}.",
        )
        body = f"return _thing(state, {thing.key})"
        return Part(self._named(verb, noun), "read", [self._key()], summary, body, role="get")

    def _list(self) -> Part:
        thing, person = self._sketch.thing, self._sketch.person
        noun = self._choose(thing.plural, f"{thing.plural}_of_{person.noun}", f"{person.noun}_{thing.plural}")
        verb = self._choose(*_LISTS)
        body = f"""_person(state, {person.key})
return [record for record in state["{thing.name}"].values() if record["{person.key}"] == {person.key}]"""
        summary = self._choose(
            f"List the {thing.plural} of {indefinite(person.noun)}.",
            f"All {thing.plural} that {indefinite(person.noun)} has.",
            f"Get every {thing.noun} of {indefinite(person.noun)}.",
        )
        return Part(self._named(verb, noun), "read", [self._owner()], summary, body, role="list")

    def _items(self) -> Part:
        item, business = self._sketch.item, self._sketch.business
        assert item is not None
        kind = business.item_fields[0]
        body = (
            f"""return [record for record in state["{item.name}"].values() if record["{kind.name}"] == {kind.name}]"""
        )
        annotation = _literal(kind.choices) if kind.choices else "int"
        summary = self._choose(
            f"Search the {item.plural} by {kind.words}.", f"List all {item.plural} of one {kind.words}."
        )
        arguments = [Argument(kind.name, annotation, f"The {kind.words} wanted.")]
        return Part(
            self._named(self._choose("search", "list", "find"), item.plural),
            "read",
            arguments,
            summary,
            body,
            role="items",
        )

    def _item(self) -> Part:
        item, name = self._sketch.item, self._sketch.item_field
        assert item is not None and name is not None
        body = f"""for record in state["{item.name}"].values():
    if record["{name}"].lower() == {name}.lower():
        return record
raise ToolError(f"no {item.noun} is called {{{name}}}")"""
        summary = self._choose(
            f"Describe {indefinite(item.noun)}.", f"Get the details of {indefinite(item.noun)} by its name."
        )
        arguments = [Argument(name, "str", f"Name of the {item.noun}.")]
        verb = self._choose("describe", "get", "show")
        return Part(self._named(verb, item.noun), "read", arguments, summary, body, role="item")

    def _end(self, action: Action) -> Part:
        thing = self._sketch.thing
        arguments = [self._key()]
        change = f'{{"status": {json.dumps(action.object)}}}'
        if action.choices:
            arguments.append(Argument("reason", _literal(list(action.choices)), "The reason given."))
            change = f'{{"status": {json.dumps(action.object)}, "reason": reason}}'
        body = f"record = _open(state, {thing.key})\nrecord |= {change}\nreturn record"
        summary = self._choose(
            f"{action.verb.capitalize()} {indefinite(thing.noun)}.",
            f"{action.verb.capitalize()} {indefinite(thing.noun)} that is {self._sketch.business.open[0]}.",
            f"Use this to {action.verb} {indefinite(thing.noun)}.",
        )
        return Part(self._named(action.verb, thing.noun), "write", arguments, summary, body, action)

    def _set(self, action: Action) -> Part:
        thing, kind = self._sketch.thing, self._sketch.kind_of(action.object)
        new = f"new_{kind.name}"
        annotation = _literal(kind.choices) if kind.choices else "int" if kind.kind == "number" else "str"
        note = "As year-month-day." if kind.kind == "date" else f"The {kind.words} wanted instead."
        lines = [f"record = _open(state, {thing.key})"]
        lines += [
            f'if record["{kind.name}"] == {new}:',
            f'    raise ToolError(f"that is the {kind.words} of {thing.noun} {{{thing.key}}} already")',
        ]
        lines += self._gone(new, kind.choices)
        lines += self._once()
        lines += [f'record["{kind.name}"] = {new}', "return record"]
        noun = self._choose(f"{thing.noun}_{kind.name}", kind.name, f"{thing.noun}_{kind.name}")
        summary = self._choose(
            f"{action.verb.capitalize()} the {kind.words} of {indefinite(thing.noun)}.",
            f"Give {indefinite(thing.noun)} another {kind.words}.",
            f"Set a new {kind.words} for {indefinite(thing.noun)}.",
        )
        return Part(
            self._named(action.verb, noun),
            "write",
            [self._key(), Argument(new, annotation, note)],
            summary,
            "\n".join(lines),
            action,
        )

    def _gone(self, argument: str, options: list[str]) -> list[str]:
        """At times one of three options or more is not to be had: only the tool knows, so another has to be chosen."""
        if len(options) < _CHOICE or self._rng.random() > _GONE_SHARE:
            return []
        gone = self._rng.choice(options)
        words = self._choose("is not available at the moment", "cannot be had any more", "is not offered right now")
        return [f"if {argument} == {json.dumps(gone)}:", f"    raise ToolError({json.dumps(f'{gone} {words}')})"]

    def _once(self) -> list[str]:
        """Remembers that a record was changed."""
        return ['record["changed_before"] = True'] if "once" in self._sketch.limits else []

    def _more(self, action: Action) -> Part:
        thing, unit = self._sketch.thing, action.object
        annotation = f"Annotated[int, Field(ge=1, le={action.most + 3})]"
        lines = [f"record = _open(state, {thing.key})", *self._once()]
        lines += [f'record["{unit}"] = record.get("{unit}", 0) + {unit}', "return record"]
        words = unit.replace("_", " ")
        summary = self._choose(
            f"{action.verb.capitalize()} {indefinite(thing.noun)} by a number of {words}.",
            f"{action.verb.capitalize()} {indefinite(thing.noun)}.",
        )
        arguments = [self._key(), Argument(unit, annotation, f"How many {words}.")]
        return Part(self._named(action.verb, thing.noun), "write", arguments, summary, "\n".join(lines), action)

    def _add(self, action: Action) -> Part:
        """Adds one of some options to a record, or notes what is wrong with it."""
        thing, what = self._sketch.thing, action.object
        finder = "_open" if action.deed == "add" else "_thing"
        gone = self._gone(what, list(action.choices)) if action.deed == "add" else []
        several, had = plural(what), f"{thing.noun} {{{thing.key}}} has that already: {{{what}}}"
        lines = [f"record = {finder}(state, {thing.key})", f'if {what} in record.get("{several}", []):']
        lines += [f'    raise ToolError(f"{had}")', *gone]
        lines += [f'record["{several}"] = [*record.get("{several}", []), {what}]', "return record"]
        words, joint = what.replace("_", " "), "for" if action.deed == "report" else "to"
        summary = self._choose(
            f"{action.verb.capitalize()} {indefinite(words)} {joint} {indefinite(thing.noun)}.",
            f"{action.verb.capitalize()} {indefinite(words)}.",
        )
        if action.verb not in ("add", "report"):
            summary = f"{action.verb.capitalize()} {indefinite(thing.noun)}: choose the {words}."
        noun = what if action.verb in ("add", "report") else thing.noun
        arguments = [self._key(), Argument(what, _literal(list(action.choices)), f"Which {words}.")]
        return Part(self._named(action.verb, noun), "write", arguments, summary, "\n".join(lines), action)

    def _new(self, action: Action) -> Part:
        sketch, person, thing = self._sketch, self._sketch.person, self._sketch.thing
        told = []
        kinds = [sketch.kind_of(name) for name in action.fields]
        lines = [f"_person(state, {person.key})"]
        if sketch.item is not None and sketch.item_field:
            told.append(Argument(sketch.item_field, "str", f"Name of the {sketch.item.noun}."))
            lines += [
                f'names = [each["{sketch.item_field}"] for each in state["{sketch.item.name}"].values()]',
                f"if {sketch.item_field} not in names:",
            ]
            lines += [f'    raise ToolError(f"there is no {sketch.item.noun} called {{{sketch.item_field}}}")']
        for kind in kinds:
            if kind.choices:
                told.append(Argument(kind.name, _literal(kind.choices), f"Which {kind.words}."))
            elif kind.kind == "number":
                told.append(
                    Argument(kind.name, f"Annotated[int, Field(ge={kind.low}, le={kind.high})]", f"The {kind.words}.")
                )
            else:
                told.append(
                    Argument(kind.name, "str", "As year-month-day." if kind.kind == "date" else f"The {kind.words}.")
                )
        fields = ", ".join(f'"{each.name}": {each.name}' for each in told)
        lines.append(f"key = f\"{thing.shape(self._rng)}-{{len(state['{thing.name}']) + 1}}\"")
        opened = json.dumps(sketch.business.open[0])
        lines.append(f'record = {{"{thing.key}": key, "{person.key}": {person.key}, {fields}, "status": {opened}}}')
        lines += [f'state["{thing.name}"][key] = record', "return record"]
        noun = sketch.item.noun if sketch.item is not None else thing.noun
        verb, made = (
            (action.verb, noun) if self._rng.random() < 0.6 else (self._choose("create", "new", "make"), thing.noun)
        )
        summary = self._choose(
            f"{action.verb.capitalize()} {indefinite(noun)} for {indefinite(person.noun)}.",
            f"Create a new {thing.noun} for {indefinite(person.noun)}.",
            f"{action.verb.capitalize()} {indefinite(noun)}.",
        )
        return Part(self._named(verb, made), "write", [self._owner(), *told], summary, "\n".join(lines), action)

    def _pay(self, action: Action) -> Part:
        thing = self._sketch.thing
        body = f"""record = _thing(state, {thing.key})
if record.get("paid_by"):
    raise ToolError(f"{thing.noun} {{{thing.key}}} is paid already")
record["paid_by"] = payment_method
return record"""
        summary = self._choose(f"Pay {indefinite(thing.noun)}.", f"Settle the price of {indefinite(thing.noun)}.")
        arguments = [self._key(), Argument("payment_method", _literal(list(action.choices)), "How it is paid.")]
        return Part(self._named(action.verb, thing.noun), "write", arguments, summary, body, action)

    def _contact(self, fact: str) -> Part:
        person, new = self._sketch.person, f"new_{fact}"
        body = f'record = _person(state, {person.key})\nrecord["{fact}"] = {new}\nreturn record'
        words = fact_words(fact)[0]
        verb = self._choose("change", "update", "set", "correct")
        summary = self._choose(
            f"{verb.capitalize()} the {words} of {indefinite(person.noun)}.",
            f"Store a new {words} for {indefinite(person.noun)}.",
        )
        noun = self._choose(f"{person.noun}_{fact}", fact)
        arguments = [self._owner(), Argument(new, "str", f"The new {words}.")]
        return Part(self._named(verb, noun), "write", arguments, summary, body, role="contact", facts=[fact])

    def _hand_over(self) -> Part:
        verb, whom = self._rng.choice(
            [("transfer", "to_a_person"), ("hand_over", "to_staff"), ("escalate", "to_a_colleague")]
        )
        body = 'state["handovers"][str(len(state["handovers"]) + 1)] = {"topic": topic}\nreturn {"handed_over": topic}'
        summary = "Hand the conversation over to a person of the staff."
        name = f"{verb}_{whom}"
        return Part(
            name,
            "write",
            [Argument("topic", _literal(self._topics), "What it is about.")],
            summary,
            body,
            role="hand_over",
            facts=self._topics,
        )


def _literal(options: list[str]) -> str:
    return f"Literal[{', '.join(json.dumps(option) for option in options)}]"


def _finder(name: str, noun: str, table: str) -> str:
    return f'''def {name}(state: State, key: str) -> dict:
    if key not in state["{table}"]:
        raise ToolError(f"{noun} {{key}} not found")
    return state["{table}"][key]
'''
