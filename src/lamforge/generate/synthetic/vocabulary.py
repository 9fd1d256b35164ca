"""What the tools of the corpus are about: the fields of life, read from YAML, as concepts that tools are made of.

A concept is one thing that can be asked for, such as booking a train ticket; what its tool and its parameters are
called, and in which form values are wanted, is decided anew for each conversation.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files
from typing import Any

from lamforge.generate.english import bare_phrase, indefinite, plural, spoken_forms
from lamforge.generate.synthetic.parameters import Parameter, parameters
from lamforge.generate.synthetic.phrases import read_yaml


@dataclass(frozen=True, eq=False)
class Concept:
    """One thing that can be asked for.

    Args:
        group: Tools of one field and one group could stand in for each other.
        topic: What it is about, such as "invoice"; the rest of the group.
        names: Ways to name its tool, as words.
        wishes: Requests as commands, without their values; `{a}` and `{the}` as in `verbs.yaml`.
        questions: Requests as questions, without the question mark.
        states: Requests told as a state of affairs, as sentences.
        descriptions: Commands that describe it.
        gives: (name, kind) of what its result holds.
        noun: The thing that its number belongs to, or "".
    """

    field: str
    topic: str
    group: str
    names: tuple[tuple[str, ...], ...]
    wishes: tuple[str, ...]
    questions: tuple[str, ...]
    states: tuple[str, ...]
    descriptions: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    gives: tuple[tuple[str, str], ...]
    noun: str = ""

    @property
    def required(self) -> list[Parameter]:
        return [each for each in self.parameters if each.required]


@lru_cache(maxsize=1)
def concepts() -> dict[str, tuple[Concept, ...]]:
    """All concepts, by field."""
    found: dict[str, tuple[Concept, ...]] = {}
    folder = files("lamforge.generate.synthetic") / "fields"
    for file in sorted(folder.iterdir(), key=lambda each: each.name):
        if file.name.endswith(".yaml"):
            for field, content in read_yaml(f"fields/{file.name}").items():
                found[field] = tuple(_concepts_of(field, content))
    return found


def _concepts_of(field: str, content: dict[str, Any]) -> list[Concept]:
    found = [_action(field, *each) for each in _lines(content.get("tools", ""))]
    for noun, line in _lines(content.get("things", "")):
        found += _thing(field, noun, line)
    return found


def _lines(block: str) -> Iterator[tuple[str, str]]:
    """(what stands before the first colon, what behind it) of each line."""
    for line in block.splitlines():
        front, _, back = line.partition(": ")
        yield front, back


def _action(field: str, phrases: str, rest: str) -> Concept:
    """`book a train ticket/?can I get a train ticket: from_station to_station ~ seat_class > booking price`."""
    first, *others = phrases.split("/")
    takes, _, gives = rest.partition(">")
    sayings = _sayings().get(first, [])
    wishes, questions = spoken_forms(first)
    wishes += [each for each in sayings if each[0] not in "?!"]
    wishes += [each for each in others if each[0] != "?"]
    questions += [each[1:] for each in others if each[0] == "?"]
    states = tuple(f"{each[1:]}{each[0].strip('!')}" for each in sayings if each[0] in "?!")
    name = tuple(bare_phrase(first).split())
    return Concept(
        field,
        first,
        name[0],
        (name,),
        tuple(wishes),
        tuple(questions),
        states,
        (first,),
        tuple(parameters(takes)),
        _gives(gives),
    )


def _gives(text: str) -> tuple[tuple[str, str], ...]:
    return tuple((each.name, each.kind) for each in parameters(text))


def _thing(field: str, noun: str, line: str) -> list[Concept]:
    """`invoice: customer amount ~ due_date ; create get cancel`."""
    attributes, _, verbs = line.partition(";")
    of_it = parameters(attributes)
    number = Parameter(
        f"{noun.replace(' ', '_')}_id",
        "code",
        True,
        (),
        ("id", f"{noun.split()[-1]}_number", f"{noun.split()[-1]}_no", "reference", f"{noun.split()[-1]}_code"),
        f"number of the {noun}",
    )
    return [_verb(field, noun, name, of_it, number) for name in verbs.split()]


def _verb(field: str, noun: str, name: str, attributes: list[Parameter], number: Parameter) -> Concept:
    verb = _verbs()[name]
    takes = verb["takes"]
    if "@1" in takes:
        askable = [
            each
            for each in attributes
            if each.kind[0] == "=" or each.kind in ("person", "city", "date", "month", "company")
        ] or attributes[:1]
        chosen = [
            Parameter(
                askable[0].name, askable[0].kind, True, askable[0].attached, askable[0].aliases, askable[0].meaning
            )
        ]
    else:
        chosen = attributes
    if name == "update":
        chosen = [_changed(each) for each in chosen]
    took = parameters(takes, chosen, number)
    words = noun.split()
    many = plural(noun).split()
    of = many if name in ("list", "count", "search", "export") else words
    names = tuple((*each.split("_"), *of) for each in verb["name"])
    by = took[0].words if "@1" in takes else ""
    fill = {"a": indefinite(noun), "nouns": " ".join(many), "the": "{the}", "by": by}
    wishes = tuple(each.format_map(fill) for each in verb["do"] if each[0] != "?")
    questions = tuple(each[1:].format_map(fill) for each in verb["do"] if each[0] == "?")
    fill["noun"] = noun
    states = tuple(_filled(each, fill) for each in verb.get("says", ()))
    told = tuple(each.format_map(fill) for each in verb.get("describe") or [f"{name} {{a}}"])
    gives = tuple((each.name, each.kind) for each in parameters(verb["gives"], attributes, number)[:5])
    return Concept(field, noun, verb["group"], names, wishes, questions, states, told, tuple(took), gives, noun)


def _filled(phrase: str, fill: dict[str, str]) -> str:
    """A phrase with what is known; values stay slots."""
    for name, text in fill.items():
        phrase = phrase.replace(f"{{{name}}}", text)
    return phrase


def _changed(each: Parameter) -> Parameter:
    """An attribute whose new value is told."""
    if each.kind == "?":
        return each
    words = each.words
    said = (f"and set the {words} to {{}}", f", new {words} {{}}", f"with the new {words} {{}}", f", {words} now {{}}")
    return replace(each, attached=said)


@lru_cache(maxsize=1)
def _sayings() -> dict[str, list[str]]:
    return dict(read_yaml("sayings.yaml"))


@lru_cache(maxsize=1)
def _verbs() -> dict[str, Any]:
    return dict(read_yaml("verbs.yaml"))
