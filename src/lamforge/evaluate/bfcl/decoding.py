"""From what a model answered to the calls in it, as BFCL's handlers read them. Answers are hostile; nothing is run.

Two kinds of answers exist. `text` is what xLAM's handler keeps: the generated text. `calls` is what the handler of
OpenAI's API keeps: a list of {name: arguments as JSON text}, or the content where no call was made.
"""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

Kind = Literal["text", "calls"]


class Unreadable(ValueError):
    """An answer that holds no calls as the handler wants them."""


class Call(NamedTuple):
    """A call of a conversation; `name` is whatever stood there."""

    name: Any
    arguments: dict[str, Any]


@dataclass(frozen=True)
class Decoder:
    """How a handler reads answers."""

    kind: Kind

    @property
    def underscores(self) -> bool:
        """Whether dots in functions' names were replaced before the model saw them, as OpenAI's API wants it."""
        return self.kind == "calls"

    def calls(self, answer: Any) -> list[Any]:
        """The calls in an answer, each supposed to be {name: arguments}; `well_formed` says whether they are.

        Raises:
            Unreadable: if there are none to read.
        """
        try:
            if self.kind == "text":
                return [{call["name"]: call["arguments"]} for call in _from_text(answer)]
            return [_first(call) for call in answer]
        except (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError) as error:
            raise Unreadable(f"{type(error).__name__}: {error}"[:300]) from error

    def steps(self, answer: Any) -> list[Call]:
        """The calls of one step of a conversation.

        Raises:
            Unreadable: if they cannot be carried out as they stand.
        """
        try:
            if self.kind == "text":
                made = [(call["name"], call["arguments"]) for call in _from_text(answer)]
            else:
                listed = [answer] if type(answer) is dict else answer
                made = [(name, _parsed(value)) for call in listed for name, value in call.items()]
            return [Call(name, dict(arguments.items())) for name, arguments in made]
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise Unreadable(f"{type(error).__name__}: {error}"[:300]) from error


def well_formed(calls: Any) -> bool:
    """Whether all are {name: {parameter: value}}; an empty list is."""
    return type(calls) is list and all(
        type(call) is dict and len(call) == 1 and type(next(iter(call.values()))) is dict for call in calls
    )


def makes_a_call(calls: Any) -> bool:
    """Whether there is at least one call, and all are well formed."""
    return bool(calls) and well_formed(calls)


def _from_text(answer: Any) -> list[Any]:
    """A JSON list, one JSON object, or several with semicolons between."""
    try:
        read = json.loads(answer)
    except json.JSONDecodeError:
        return [json.loads(part.strip()) for part in answer.split(";")]
    return read if isinstance(read, list) else [read]


def _first(call: Any) -> dict[str, Any]:
    name = list(call.keys())[0]  # noqa: RUF015  (an IndexError for no name)
    return {name: json.loads(call[name])}


def _parsed(value: Any) -> Any:
    return json.loads(value) if type(value) is str else copy.deepcopy(value)
