"""A concept as a tool: what it and its parameters are called this time, how it is described, which forms it wants."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

from lamforge.generate.synthetic.english import gerund, indefinite, plural_phrase, third_person
from lamforge.generate.synthetic.kinds import enum_slot, slot
from lamforge.generate.synthetic.naming import Style
from lamforge.generate.synthetic.parameters import Parameter, flags
from lamforge.generate.synthetic.phrases import pick
from lamforge.generate.synthetic.slot import Slot
from lamforge.generate.synthetic.structured import object_slot
from lamforge.generate.synthetic.vocabulary import Concept
from lamforge.generate.synthetic.wording import coined

_COUNTED = (
    "people",
    "nights",
    "days",
    "weeks",
    "months",
    "years",
    "hours",
    "guests",
    "passengers",
    "minutes",
)  # they are their own unit


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter of a tool."""

    parameter: Parameter
    name: str  # in the schema
    words: str  # as people say it
    slot: Slot


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool that a conversation offers.

    Args:
        nouns: For a thing with a made-up name: what replaces what.
    """

    concept: Concept
    name: str
    fields: tuple[Field, ...]
    schema: dict[str, Any]  # as OpenAI has it, with its wrapper
    command: str  # what it does, such as "book a train ticket"
    nouns: tuple[tuple[str, str], ...] = ()

    @property
    def parameters(self) -> dict[str, Any]:
        """The JSON Schema of its arguments."""
        parameters: dict[str, Any] = self.schema["function"]["parameters"]
        return parameters

    @property
    def identity(self) -> str:
        """Name of the parameter that has the thing's number; "" where there is no thing."""
        return f"{self.concept.noun.replace(' ', '_')}_id" if self.concept.noun else ""

    def named(self, text: str) -> str:
        """A text of the concept with this tool's noun in it."""
        for old, new in self.nouns:
            text = text.replace(old, new)
        return text


def make_tool(rng: Random, concept: Concept, written: Style, *, lean: bool = False) -> Tool:
    """The concept as a tool.

    Args:
        written: How the tools of this conversation are written.
        lean: Short descriptions, few optional parameters.
    """
    nouns = _new_nouns(rng, concept) if written.made_up and concept.noun else ()
    told = pick(rng, concept.descriptions)
    for old, new in nouns:
        told = told.replace(old, new)
    command = told.replace(";", ",").partition(",")[0]
    words = pick(rng, concept.names)
    name = written.tool_name(
        rng,
        [coined(rng), *([coined(rng)] if rng.random() < 0.6 else [])] if written.made_up else list(words),
        concept.field,
    )
    fields: list[Field] = []
    properties: dict[str, Any] = {}
    for each in _taken(rng, concept, lean):
        field = _field(rng, each, written, properties, nouns)
        fields.append(field)
        properties[field.name] = _described(rng, field, written, lean, nouns)
    parameters: dict[str, Any] = {"type": "object", "properties": properties}
    if required := [field.name for field in fields if field.parameter.required]:
        parameters["required"] = required
    if written.closed:
        parameters["additionalProperties"] = False
    function = {"name": name, "description": _description(rng, told, written, lean), "parameters": parameters}
    return Tool(concept, name, tuple(fields), {"type": "function", "function": function}, command, nouns)


def _new_nouns(rng: Random, concept: Concept) -> tuple[tuple[str, str], ...]:
    word = coined(rng, 2, 2)
    return (
        (plural_phrase(concept.noun), plural_phrase(word)),
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
    rng: Random, each: Parameter, written: Style, taken: dict[str, Any], nouns: tuple[tuple[str, str], ...]
) -> Field:
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
    kind = each.kind
    if kind == "?":
        yes, no = flags()[each.name]
        made = Slot(
            {"type": "boolean"}, "", lambda rng: (yes, True) if rng.random() < 0.65 else (no, False), varied=False
        )
    elif kind[0] == "=":
        made = enum_slot(rng, kind[1:])
    elif kind[0] == "<":
        made = object_slot(rng, kind[1:], written)
    else:
        made = slot(rng, kind, words)
    return Field(each, name, words, made)


def _described(
    rng: Random, field: Field, written: Style, lean: bool, nouns: tuple[tuple[str, str], ...]
) -> dict[str, Any]:
    """The parameter's schema with its description."""
    schema, hint = dict(field.slot.schema), field.slot.hint
    each = field.parameter
    if each.kind == "?":
        meaning = pick(rng, ("true: {}", "whether {}", "{}", "true for: {}")).format(flags()[each.name][0])
    else:
        meaning = each.meaning if each.meaning and rng.random() < 0.6 else field.words
        for old, new in nouns:
            meaning = meaning.replace(old, new)
        if written.articles and not meaning.startswith(
            ("what ", "who", "how ", "where ", "which ", "most ", "on ", "1 ", "the ", "a ", "when ", "day", "whom ")
        ):
            meaning = f"the {meaning}"
    if not (hint or written.made_up or each.kind == "?") and rng.random() < (0.5 if lean else written.bare):
        return schema
    text = meaning[0].upper() + meaning[1:] if written.capital else meaning
    if hint and not (hint[:3] in ("in ", "(ni") and any(word in meaning for word in _COUNTED)):
        text += f" {hint}" if hint[0] in "([" or hint.startswith(("in ", "as ", "on ", "written ")) else f", {hint}"
    if not each.required and rng.random() < written.optional:
        text += pick(rng, (" (optional)", ", optional", "; may be left out"))
    schema["description"] = text + ("." if written.stop else "")
    return schema


def _description(rng: Random, command: str, written: Style, lean: bool) -> str:
    if written.telling == "third":
        text = third_person(command)
    elif written.telling == "when":
        text = pick(
            rng, ("use this when the user wants to {}", "call this to {}", "use it to {}", "for users who want to {}")
        ).format(command)
    elif written.telling == "gerund":
        text = pick(rng, ("tool for {}", "{}", "endpoint for {}", "API for {}")).format(gerund(command))
    else:
        text = command
    text = text[0].upper() + text[1:]
    if not lean and written.telling == "doc" and rng.random() < 0.4:
        text += pick(
            rng,
            (
                ". Returns the result as JSON",
                ". Fails if something is missing",
                ". Returns a short summary",
                ". All times are local",
            ),
        )
    return text + ("." if written.stop else "")
