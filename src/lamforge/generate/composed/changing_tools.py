"""The tools of a composed domain that change something."""

from __future__ import annotations

import json
from collections.abc import Callable

from lamforge.generate.composed.business import Action, Deed
from lamforge.generate.composed.parts import Argument, Part, Pen, annotation, literal
from lamforge.generate.composed.sketch import fact_words
from lamforge.generate.english import indefinite, plural

_GONE_SHARE, _CHOICE = 0.5, 3  # how often an option is not to be had, of how many at least


def _end(pen: Pen, action: Action) -> Part:
    thing = pen.sketch.thing
    arguments = [pen.key()]
    change = f'{{"status": {json.dumps(action.object)}}}'
    if action.choices:
        arguments.append(Argument("reason", literal(list(action.choices)), "The reason given."))
        change = f'{{"status": {json.dumps(action.object)}, "reason": reason}}'
    body = f"record = _open(state, {thing.key})\nrecord |= {change}\nreturn record"
    summary = pen.choose(
        f"{action.verb.capitalize()} {indefinite(thing.noun)}.",
        f"{action.verb.capitalize()} {indefinite(thing.noun)} that is {pen.sketch.business.open[0]}.",
        f"Use this to {action.verb} {indefinite(thing.noun)}.",
    )
    return Part(pen.named(action.verb, thing.noun), "write", arguments, summary, body, action)


def _set(pen: Pen, action: Action) -> Part:
    thing, kind = pen.sketch.thing, pen.sketch.kind_of(action.object)
    new = f"new_{kind.name}"
    note = "As year-month-day." if kind.kind == "date" else f"The {kind.words} wanted instead."
    lines = [f"record = _open(state, {thing.key})"]
    lines += [
        f'if record["{kind.name}"] == {new}:',
        f'    raise ToolError(f"that is the {kind.words} of {thing.noun} {{{thing.key}}} already")',
    ]
    lines += _gone(pen, new, kind.choices)
    lines += _once(pen)
    lines += [f'record["{kind.name}"] = {new}', "return record"]
    noun = pen.choose(f"{thing.noun}_{kind.name}", kind.name, f"{thing.noun}_{kind.name}")
    summary = pen.choose(
        f"{action.verb.capitalize()} the {kind.words} of {indefinite(thing.noun)}.",
        f"Give {indefinite(thing.noun)} another {kind.words}.",
        f"Set a new {kind.words} for {indefinite(thing.noun)}.",
    )
    return Part(
        pen.named(action.verb, noun),
        "write",
        [pen.key(), Argument(new, annotation(kind), note)],
        summary,
        "\n".join(lines),
        action,
    )


def _more(pen: Pen, action: Action) -> Part:
    thing, unit = pen.sketch.thing, action.object
    lines = [f"record = _open(state, {thing.key})", *_once(pen)]
    lines += [f'record["{unit}"] = record.get("{unit}", 0) + {unit}', "return record"]
    words = unit.replace("_", " ")
    summary = pen.choose(
        f"{action.verb.capitalize()} {indefinite(thing.noun)} by a number of {words}.",
        f"{action.verb.capitalize()} {indefinite(thing.noun)}.",
    )
    arguments = [pen.key(), Argument(unit, _whole(1, action.most + 3), f"How many {words}.")]
    return Part(pen.named(action.verb, thing.noun), "write", arguments, summary, "\n".join(lines), action)


def _add(pen: Pen, action: Action) -> Part:
    """Adds one of some options to a record, or notes what is wrong with it."""
    thing, what = pen.sketch.thing, action.object
    finder = "_open" if action.deed == "add" else "_thing"
    gone = _gone(pen, what, list(action.choices)) if action.deed == "add" else []
    several, had = plural(what), f"{thing.noun} {{{thing.key}}} has that already: {{{what}}}"
    lines = [f"record = {finder}(state, {thing.key})", f'if {what} in record.get("{several}", []):']
    lines += [f'    raise ToolError(f"{had}")', *gone]
    lines += [f'record["{several}"] = [*record.get("{several}", []), {what}]', "return record"]
    words, joint = what.replace("_", " "), "for" if action.deed == "report" else "to"
    summary = pen.choose(
        f"{action.verb.capitalize()} {indefinite(words)} {joint} {indefinite(thing.noun)}.",
        f"{action.verb.capitalize()} {indefinite(words)}.",
    )
    if action.verb not in ("add", "report"):
        summary = f"{action.verb.capitalize()} {indefinite(thing.noun)}: choose the {words}."
    noun = what if action.verb in ("add", "report") else thing.noun
    arguments = [pen.key(), Argument(what, literal(list(action.choices)), f"Which {words}.")]
    return Part(pen.named(action.verb, noun), "write", arguments, summary, "\n".join(lines), action)


def _new(pen: Pen, action: Action) -> Part:
    sketch, person, thing = pen.sketch, pen.sketch.person, pen.sketch.thing
    told = []
    lines = [f"_person(state, {person.key})"]
    if sketch.item is not None and sketch.item_field:
        told.append(Argument(sketch.item_field, "str", f"Name of the {sketch.item.noun}."))
        lines += [
            f'names = [each["{sketch.item_field}"] for each in state["{sketch.item.name}"].values()]',
            f"if {sketch.item_field} not in names:",
        ]
        lines += [f'    raise ToolError(f"there is no {sketch.item.noun} called {{{sketch.item_field}}}")']
    for kind in (sketch.kind_of(name) for name in action.fields):
        note = f"Which {kind.words}." if kind.choices else f"The {kind.words}."
        note = "As year-month-day." if kind.kind == "date" else note
        bounded = kind.kind == "number" and not kind.choices
        told.append(Argument(kind.name, _whole(kind.low, kind.high) if bounded else annotation(kind), note))
    fields = ", ".join(f'"{each.name}": {each.name}' for each in told)
    lines.append(f"key = f\"{thing.shape(pen.rng)}-{{len(state['{thing.name}']) + 1}}\"")
    opened = json.dumps(sketch.business.open[0])
    lines.append(f'record = {{"{thing.key}": key, "{person.key}": {person.key}, {fields}, "status": {opened}}}')
    lines += [f'state["{thing.name}"][key] = record', "return record"]
    noun = sketch.item.noun if sketch.item is not None else thing.noun
    verb, made = (action.verb, noun) if pen.rng.random() < 0.6 else (pen.choose("create", "new", "make"), thing.noun)
    summary = pen.choose(
        f"{action.verb.capitalize()} {indefinite(noun)} for {indefinite(person.noun)}.",
        f"Create a new {thing.noun} for {indefinite(person.noun)}.",
        f"{action.verb.capitalize()} {indefinite(noun)}.",
    )
    return Part(pen.named(verb, made), "write", [pen.owner(), *told], summary, "\n".join(lines), action)


def _pay(pen: Pen, action: Action) -> Part:
    thing = pen.sketch.thing
    body = f"""record = _thing(state, {thing.key})
if record.get("paid_by"):
    raise ToolError(f"{thing.noun} {{{thing.key}}} is paid already")
record["paid_by"] = payment_method
return record"""
    summary = pen.choose(f"Pay {indefinite(thing.noun)}.", f"Settle the price of {indefinite(thing.noun)}.")
    arguments = [pen.key(), Argument("payment_method", literal(list(action.choices)), "How it is paid.")]
    return Part(pen.named(action.verb, thing.noun), "write", arguments, summary, body, action)


def contact(pen: Pen, fact: str) -> Part:
    """The tool that changes a fact about a person."""
    person, new = pen.sketch.person, f"new_{fact}"
    body = f'record = _person(state, {person.key})\nrecord["{fact}"] = {new}\nreturn record'
    words = fact_words(fact)[0]
    verb = pen.choose("change", "update", "set", "correct")
    summary = pen.choose(
        f"{verb.capitalize()} the {words} of {indefinite(person.noun)}.",
        f"Store a new {words} for {indefinite(person.noun)}.",
    )
    noun = pen.choose(f"{person.noun}_{fact}", fact)
    arguments = [pen.owner(), Argument(new, "str", f"The new {words}.")]
    return Part(pen.named(verb, noun), "write", arguments, summary, body, role="contact", facts=[fact])


def hand_over(pen: Pen) -> Part:
    """The tool that hands a conversation over to the staff."""
    verb, whom = pen.rng.choice(
        [("transfer", "to_a_person"), ("hand_over", "to_staff"), ("escalate", "to_a_colleague")]
    )
    body = 'state["handovers"][str(len(state["handovers"]) + 1)] = {"topic": topic}\nreturn {"handed_over": topic}'
    summary = "Hand the conversation over to a person of the staff."
    name = f"{verb}_{whom}"
    return Part(
        name,
        "write",
        [Argument("topic", literal(pen.topics), "What it is about.")],
        summary,
        body,
        role="hand_over",
        facts=pen.topics,
    )


def _gone(pen: Pen, argument: str, options: list[str]) -> list[str]:
    """At times one of three options or more is not to be had: only the tool knows, so another has to be chosen."""
    if len(options) < _CHOICE or pen.rng.random() > _GONE_SHARE:
        return []
    gone = pen.rng.choice(options)
    words = pen.choose("is not available at the moment", "cannot be had any more", "is not offered right now")
    return [f"if {argument} == {json.dumps(gone)}:", f"    raise ToolError({json.dumps(f'{gone} {words}')})"]


def _once(pen: Pen) -> list[str]:
    """Remembers that a record was changed."""
    return ['record["changed_before"] = True'] if "once" in pen.sketch.limits else []


def _whole(low: int, high: int) -> str:
    """The Python type of the whole numbers between two, with both."""
    return f"Annotated[int, Field(ge={low}, le={high})]"


DEEDS: dict[Deed, Callable[[Pen, Action], Part]] = {
    "end": _end,
    "set": _set,
    "more": _more,
    "add": _add,
    "report": _add,
    "new": _new,
    "pay": _pay,
}
