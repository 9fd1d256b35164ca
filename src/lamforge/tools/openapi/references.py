"""Which schemas of a document lead back to themselves. It knows references, nothing of what schemas mean."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from lamforge.errors import SchemaError
from lamforge.tools.openapi.document import Document

IN_PLACE = ("allOf", "anyOf", "oneOf", "not", "if", "then", "else")  # keywords about the same value


class Circles:
    """What each schema refers to, directly and at last; everything is found once and kept."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._reached: dict[tuple[str, bool], set[str]] = {}

    def recursive(self, reference: str) -> bool:
        """Whether a schema contains itself, at whatever depth."""
        return reference in self._closure(reference, in_place=False)

    def about_the_same_value(self, reference: str, other: str) -> bool:
        """Whether a schema, without going down into the value, leads to another."""
        return other in self._closure(reference, in_place=True)

    def _closure(self, reference: str, *, in_place: bool) -> set[str]:
        if (reference, in_place) not in self._reached:
            found: set[str] = set()
            waiting = [reference]
            while waiting:
                with suppress(SchemaError):  # where it is needed it is missed
                    node = self._document.target(waiting.pop(), reference)
                    fresh = _references(node, in_place) - found
                    found |= fresh
                    waiting += fresh
            self._reached[reference, in_place] = found
        return self._reached[reference, in_place]


def _references(node: Any, in_place: bool) -> set[str]:
    """The references inside a schema, not those of what they lead to."""
    found: set[str] = set()
    stack, seen = [node], set()
    while stack:
        part = stack.pop()
        if not isinstance(part, (dict, list)) or id(part) in seen:
            continue
        seen.add(id(part))
        if isinstance(part, list):
            stack += part
            continue
        if isinstance(part.get("$ref"), str):
            found.add(part["$ref"])
        stack += [
            value
            for key, value in part.items()
            if (key in IN_PLACE if in_place else key not in ("example", "examples"))
        ]
    return found
