"""How people speak in a domain: the optional `wording.yaml`, and words derived from names where it is silent."""

from __future__ import annotations

import string
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator


class ToolWording(BaseModel):
    """Phrases for one tool; `{argument}` slots stand for its arguments' values, in `done` for its result's too."""

    model_config = ConfigDict(extra="forbid")

    ask: list[str] = Field(default_factory=list)  # completes "I want to ..."
    confirm: str | None = None  # completes "Just to confirm: you want to ..."
    done: str | None = None  # what the agent reports


class Wording(BaseModel):
    """The content of `wording.yaml`."""

    model_config = ConfigDict(extra="forbid")

    tools: dict[str, ToolWording] = Field(default_factory=dict)
    arguments: dict[str, list[str]] = Field(default_factory=dict)
    questions: dict[str, dict[str, list[str]]] = Field(default_factory=dict)
    answers: dict[str, dict[str, str]] = Field(default_factory=dict)
    values: dict[str, dict[str, list[str]]] = Field(default_factory=dict)
    fields: dict[str, str] = Field(default_factory=dict)  # of results; completes "You want to find out the ..."

    @field_validator("tools", "arguments", "questions", "answers", "values", "fields", mode="before")
    @classmethod
    def _none_is_empty(cls, value: Any) -> Any:
        return {} if value is None else value

    @model_validator(mode="after")
    def _templates_are_sound(self) -> Wording:
        for name, wording in self.tools.items():
            _check(f"tools.{name}", [*wording.ask, wording.confirm or "", wording.done or ""])
        for name, fields in self.questions.items():
            for field, templates in fields.items():
                _check(f"questions.{name}.{field}", templates)
        for name, answers in self.answers.items():
            _check(f"answers.{name}", list(answers.values()))
        return self

    def told_otherwise(self, other: Wording) -> Wording:
        """This wording with what people say replaced, where the other has words for it; the agent's own words stay."""
        tools = {
            name: own.model_copy(update={"ask": other.tools[name].ask or own.ask}) if name in other.tools else own
            for name, own in self.tools.items()
        }
        return Wording(
            tools={**{name: ToolWording(ask=new.ask) for name, new in other.tools.items()}, **tools},
            arguments={**self.arguments, **other.arguments},
            questions=_joined(self.questions, other.questions),
            answers=self.answers,
            values=_joined(self.values, other.values),
            fields=self.fields,
        )

    def heard_as(self, other: Wording) -> Wording:
        """This wording for a listener who understands the other's words for arguments and values, too."""
        nouns = {name: [*self.nouns(name), *words] for name, words in other.arguments.items()}
        values = {
            name: {value: [*self.values.get(name, {}).get(value, ()), *words] for value, words in said.items()}
            for name, said in other.values.items()
        }
        return self.model_copy(
            update={"arguments": {**self.arguments, **nouns}, "values": _joined(self.values, values)}
        )

    def nouns(self, argument: str) -> list[str]:
        """How people name an argument; the first is what the agent says."""
        return self.arguments.get(argument) or [argument.replace("_", " ")]

    def ask(self, tool: str) -> list[str]:
        """Verb phrases with which a user asks for a tool."""
        known = self.tools.get(tool)
        return known.ask if known and known.ask else [tool.replace("_", " ")]

    def question(self, tool: str, path: str, arguments: Iterable[str]) -> list[str]:
        """Templates with which a user asks for a field of a read tool's result."""
        return self.questions.get(tool, {}).get(path) or [f"What {_is(path)} the {_about(path, arguments, 'my ')}?"]

    def bare_question(self, path: str) -> str:
        """The question for a field when it is not said of what."""
        return f"What {_is(path)} the {_about(path, (), '')}?"

    def answer(self, tool: str, path: str, arguments: Iterable[str]) -> str:
        """The template of the answer; its slot `{value}` is the value."""
        known = self.answers.get(tool, {}).get(path)
        return known or f"The {_about(path, arguments, '')} {_is(path)} {{value}}."

    def confirm(self, tool: str, arguments: dict[str, Any], found: dict[str, Any] | None = None) -> str:
        """The verb phrase in which an agent repeats a request, with all that the user decides.

        Args:
            arguments: What the user decides; what the tool's own phrase does not name is added behind it.
            found: What the agent worked out before it asks, such as a price.
        """
        known = self.tools.get(tool)
        phrase = known.confirm if known and known.confirm else None
        values = {**(found or {}), **arguments}
        unnamed = {n: arguments[n] for n in arguments if n not in slots(phrase)} if phrase else values
        return fill(phrase or tool.replace("_", " "), values) + self.details(unnamed)

    def field(self, path: str) -> str:
        """A field of a tool's result in an agent's words: completes "You want to find out the ..."."""
        return self.fields.get(path) or _about(path.removesuffix("_id"), (), "")

    def details(self, values: dict[str, Any]) -> str:
        """What stands behind a phrase that leaves values out: " (order number W1)"."""
        details = ", ".join(f"{self.nouns(name)[0]} {self._plain(name, value)}" for name, value in values.items())
        return f" ({details})" if details else ""

    def done(self, tool: str, arguments: dict[str, Any], found: dict[str, Any] | None = None) -> str:
        """The sentence in which an agent reports a success; its slots may be fields of the result, too."""
        known = self.tools.get(tool)
        if known and known.done:
            return fill(known.done, {**(found or {}), **arguments})
        return f"Done: {self.confirm(tool, arguments)}."

    def _plain(self, argument: str, value: Any) -> str:
        """A value in the agent's words, which are its own but for a yes or no."""
        return self.phrases(argument, value)[0] if isinstance(value, bool) else spoken(value)

    def phrases(self, argument: str, value: Any) -> list[str]:
        """How people may say a value; the value itself when nothing else is known."""
        known = self.values.get(argument, {}).get(str(value))
        return known or [spoken(value)]


def _joined(own: dict[str, dict[str, Any]], other: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {name: {**own.get(name, {}), **other.get(name, {})} for name in {**own, **other}}


def _about(path: str, arguments: Iterable[str], whose: str) -> str:
    """A field of a result in words: "status of my order {order_id}"."""
    parts = ["first" if part == "0" else part.replace("_", " ") for part in path.split(".")]
    noun = " ".join(part for part in parts if not part.isdigit())
    key = next((name for name in arguments if name.endswith("_id")), None)
    return f"{noun} of {whose}{key.removesuffix('_id').replace('_', ' ')} {{{key}}}" if key else noun


def _is(path: str) -> str:
    return "are" if path.endswith("s") and not path.endswith(("ss", "us", "is")) else "is"


def _check(place: str, templates: list[str]) -> None:
    for template in templates:
        try:
            slots(template)
        except ValueError as error:
            raise ValueError(f"{place}: {template!r}: {error}; a slot is written {{name}}") from error


def spoken(value: Any) -> str:
    """A JSON value as people say it."""
    if isinstance(value, list):
        return " and ".join(spoken(element) for element in value)
    if isinstance(value, dict):
        return ", ".join(spoken(element) for element in value.values())
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def slots(template: str) -> list[str]:
    """The names of a template's `{slots}`, in order."""
    return [name for _, name, _, _ in string.Formatter().parse(template) if name]


def fill(template: str, values: dict[str, Any]) -> str:
    """A template with its slots filled by spoken values; a slot without a value leaves its own name in words.

    Only `{name}` is replaced: no attribute access, no format specifications.
    """
    pieces = []
    for literal, name, _, _ in string.Formatter().parse(template):
        pieces.append(literal)
        if name is not None:
            pieces.append(spoken(values[name]) if name in values else name.replace("_", " "))
    return "".join(pieces)
