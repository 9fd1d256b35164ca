"""The tools of a composed domain that only look."""

from __future__ import annotations

from collections.abc import Callable

from lamforge.generate.composed.parts import Argument, Part, Pen, annotation
from lamforge.generate.composed.sketch import fact_words
from lamforge.generate.english import indefinite

_GETS = ("get", "show", "view", "read", "look_up", "fetch", "check")
_FINDS = ("find", "identify", "look_up", "search", "verify", "get")
_LISTS = ("list", "get", "show", "find")


def identify(pen: Pen, way: list[str]) -> Part:
    """The tool that finds a person by some facts."""
    person = pen.sketch.person
    told = " and ".join(fact_words(fact)[0] for fact in way)
    verb = pen.choose(*_FINDS)
    thing = pen.choose(person.noun, f"{person.noun}_by_{'_and_'.join(way)}", person.noun)
    summary = pen.choose(
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
    return Part(pen.named(verb, thing), "read", arguments, summary, body, role="identify", facts=way)


def get(pen: Pen) -> Part:
    """The tool that shows a main record."""
    thing = pen.sketch.thing
    verb = pen.choose(*_GETS)
    noun = pen.choose(thing.noun, thing.noun, f"{thing.noun}_details")
    summary = pen.choose(
        f"Show {indefinite(thing.noun)}.",
        f"Show {indefinite(thing.noun)} with all its details.",
        f"Get the details of {indefinite(thing.noun)}.",
        f"Look {indefinite(thing.noun)} up by its {thing.key_word}.",
        f"Returns status and details of {indefinite(thing.noun)}.",
    )
    body = f"return _thing(state, {thing.key})"
    return Part(pen.named(verb, noun), "read", [pen.key()], summary, body, role="get")


def _list(pen: Pen) -> Part:
    thing, person = pen.sketch.thing, pen.sketch.person
    noun = pen.choose(thing.plural, f"{thing.plural}_of_{person.noun}", f"{person.noun}_{thing.plural}")
    verb = pen.choose(*_LISTS)
    body = f"""_person(state, {person.key})
return [record for record in state["{thing.name}"].values() if record["{person.key}"] == {person.key}]"""
    summary = pen.choose(
        f"List the {thing.plural} of {indefinite(person.noun)}.",
        f"All {thing.plural} that {indefinite(person.noun)} has.",
        f"Get every {thing.noun} of {indefinite(person.noun)}.",
    )
    return Part(pen.named(verb, noun), "read", [pen.owner()], summary, body, role="list")


def _items(pen: Pen) -> Part:
    item, business = pen.sketch.item, pen.sketch.business
    assert item is not None
    kind = business.item_fields[0]
    body = f'return [record for record in state["{item.name}"].values() if record["{kind.name}"] == {kind.name}]'
    summary = pen.choose(f"Search the {item.plural} by {kind.words}.", f"List all {item.plural} of one {kind.words}.")
    arguments = [Argument(kind.name, annotation(kind), f"The {kind.words} wanted.")]
    return Part(
        pen.named(pen.choose("search", "list", "find"), item.plural),
        "read",
        arguments,
        summary,
        body,
        role="items",
    )


def _item(pen: Pen) -> Part:
    item, name = pen.sketch.item, pen.sketch.item_field
    assert item is not None and name is not None
    body = f"""for record in state["{item.name}"].values():
    if record["{name}"].lower() == {name}.lower():
        return record
raise ToolError(f"no {item.noun} is called {{{name}}}")"""
    summary = pen.choose(
        f"Describe {indefinite(item.noun)}.", f"Get the details of {indefinite(item.noun)} by its name."
    )
    arguments = [Argument(name, "str", f"Name of the {item.noun}.")]
    verb = pen.choose("describe", "get", "show")
    return Part(pen.named(verb, item.noun), "read", arguments, summary, body, role="item")


READS: dict[str, Callable[[Pen], Part]] = {"list": _list, "items": _items, "item": _item}
