"""What the tools of a composed domain are made of, and what they are written with."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field

from lamforge.generate.composed.business import Action, FieldKind
from lamforge.generate.composed.sketch import Sketch

_TOPICS = (
    "complaint about staff",
    "data protection",
    "lost property",
    "press enquiry",
    "general feedback",
    "billing dispute",
)


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


class Pen:
    """Writes one domain's tools in one manner, each with a name of its own. All randomness is the caller's."""

    def __init__(self, sketch: Sketch, rng: random.Random) -> None:
        self.sketch = sketch
        self.rng = rng
        self.notes = rng.choice(["all", "all", "some", "none"])  # which arguments have one
        self.topics = rng.sample(_TOPICS, 3)  # of a hand-over
        self._names: set[str] = set()

    def choose(self, *options: str) -> str:
        """One of them."""
        return self.rng.choice(options)

    def named(self, verb: str, thing: str) -> str:
        """A tool's name in the domain's style, not taken yet."""
        verb, thing = verb.replace(" ", "_"), thing.replace(" ", "_")
        name = f"{verb}_{thing}"
        if self.sketch.style == "noun_first":
            name = f"{thing}_{verb}"
        elif self.sketch.style == "prefixed":
            name = f"{self.sketch.business.name.split('_')[0]}_{verb}_{thing}"
        elif self.sketch.style == "camel":
            first, *rest = name.split("_")
            name = first + "".join(part.capitalize() for part in rest)
        while name in self._names:
            name += "_2"
        self._names.add(name)
        return name

    def key(self) -> Argument:
        """The argument that names a main record."""
        thing = self.sketch.thing
        example = thing.shape(self.rng)
        note = self.choose(
            f'The {thing.key_words}, such as "{example}".', f"Which {thing.noun}.", f"The {thing.key_words}."
        )
        return Argument(thing.key, "str", note)

    def owner(self) -> Argument:
        """The argument that names a person."""
        person = self.sketch.person
        return Argument(person.key, "str", f"The {person.noun}'s {person.key_word}.")


def annotation(kind: FieldKind) -> str:
    """The Python type of a field's values."""
    return literal(kind.choices) if kind.choices else "int" if kind.kind == "number" else "str"


def literal(options: list[str]) -> str:
    """The Python type of these texts."""
    return f"Literal[{', '.join(json.dumps(option) for option in options)}]"
