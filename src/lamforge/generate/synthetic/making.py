"""A concept made a tool: what it and its parameters are called this time, and which forms it wants."""

from __future__ import annotations

from random import Random
from typing import Any

from lamforge.generate.english import indefinite, plural
from lamforge.generate.synthetic.describing import brief, described, description
from lamforge.generate.synthetic.extras import extras
from lamforge.generate.synthetic.kinds import enum_slot, slot
from lamforge.generate.synthetic.naming import Style
from lamforge.generate.synthetic.parameters import Parameter, flags
from lamforge.generate.synthetic.phrases import pick
from lamforge.generate.synthetic.slot import Slot
from lamforge.generate.synthetic.structured import object_slot
from lamforge.generate.synthetic.tool import Field, Tool
from lamforge.generate.synthetic.vocabulary import Concept
from lamforge.generate.synthetic.wording import coined

_ONE_FORM = ("date", "time", "moment", "month")  # kinds that are written alike in all parameters of a tool


def make_tool(rng: Random, concept: Concept, written: Style, *, lean: bool = False, extra: float = 0.0) -> Tool:
    """The concept as a tool.

    Args:
        written: How the tools of this conversation are written.
        lean: Short descriptions, few optional parameters.
        extra: How likely it takes what it has no need of, too.
    """
    nouns = _new_nouns(rng, concept) if written.made_up and concept.noun else ()
    told = pick(rng, concept.descriptions)
    for old, new in nouns:
        told = told.replace(old, new)
    words = pick(rng, concept.names)
    name = written.tool_name(
        rng,
        [coined(rng), *([coined(rng)] if rng.random() < 0.6 else [])] if written.made_up else list(words),
        concept.field,
    )
    fields: list[Field] = []
    properties: dict[str, Any] = {}
    forms: dict[str, Slot] = {}
    taken = _taken(rng, concept, lean)
    for each in [*taken, *extras(rng, taken)] if extra and rng.random() < extra else taken:
        field = _field(rng, each, written, properties, nouns, forms)
        fields.append(field)
        properties[field.name] = described(rng, field, written, nouns, lean=lean)
    parameters: dict[str, Any] = {"type": "object", "properties": properties}
    if required := [field.name for field in fields if field.parameter.required]:
        parameters["required"] = required
    if written.closed:
        parameters["additionalProperties"] = False
    function = {"name": name, "description": description(rng, told, written, lean=lean), "parameters": parameters}
    return Tool(concept, name, tuple(fields), {"type": "function", "function": function}, brief(told), nouns)


def _new_nouns(rng: Random, concept: Concept) -> tuple[tuple[str, str], ...]:
    word = coined(rng, 2, 2)
    return (
        (plural(concept.noun), plural(word)),
        (indefinite(concept.noun), indefinite(word)),
        (concept.noun, word),
    )


def _taken(rng: Random, concept: Concept, lean: bool) -> list[Parameter]:
    """The required parameters and some of the others; of the others at least one where nothing is required."""
    keep = 0.35 if lean else 0.65
    optional = [each for each in concept.parameters if not each.required and rng.random() < keep]
    found = [*concept.required, *optional]
    if not found and concept.parameters:
        found = [pick(rng, concept.parameters)]
    if (
        len(found) < 2
        and (left := [each for each in concept.parameters if each not in found])
        and concept.group == "change"
    ):
        found.append(pick(rng, left))
    if rng.random() < 0.2:
        rng.shuffle(found)
    return found


def _field(
    rng: Random,
    each: Parameter,
    written: Style,
    taken: dict[str, Any],
    nouns: tuple[tuple[str, str], ...],
    forms: dict[str, Slot],
) -> Field:
    """The parameter with a name that is not taken; dates and times of one tool have one form."""
    words = each.words
    for old, new in nouns:
        words = words.replace(old, new)
    if written.made_up:
        name = coined(rng, 1, 2)
        while name in taken:
            name = coined(rng)
    else:
        own = words.replace(" ", "_")
        name = pick(rng, each.aliases) if each.aliases and rng.random() < 0.4 else own
        for old, new in nouns:
            name = name.replace(old.replace(" ", "_"), new)
        name = written.parameter_name(name)
        if name in taken:
            name = written.parameter_name(own)
            while name in taken:
                name += "2"
    return Field(each, name, words, _slot(rng, each, words, written, forms))


def _slot(rng: Random, each: Parameter, words: str, written: Style, forms: dict[str, Slot]) -> Slot:
    kind = each.kind
    if kind == "?":
        yes, no = flags()[each.name]
        schema = {"type": "boolean"}
        return Slot(schema, "", lambda rng: (yes, True) if rng.random() < 0.65 else (no, False), varied=False)
    if kind[0] == "=":
        return enum_slot(rng, kind[1:])
    if kind[0] == "<":
        return object_slot(rng, kind[1:], written)
    if kind in _ONE_FORM:
        return forms.setdefault(kind, slot(rng, kind, words))
    return slot(rng, kind, words, currency=written.currency)
