"""A tool that a conversation offers: a concept with the names, the words and the forms that were decided for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lamforge.generate.synthetic.parameters import Parameter
from lamforge.generate.synthetic.slot import Slot
from lamforge.generate.synthetic.vocabulary import Concept


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
