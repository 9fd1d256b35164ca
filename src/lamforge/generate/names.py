"""Names of fields: what is inside a JSON value by name, the singular of a list's name, what feeds an argument."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def leaves(value: Any, field: str = "") -> Iterator[tuple[str, Any]]:
    """(field name, scalar) for everything inside a JSON value; elements of a list carry the list's singular name."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, key)
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item, singular(field))
    else:
        yield field, value


def singular(name: str) -> str:
    """The singular of a field's name, by English spelling."""
    if name.endswith("ies"):
        return name[:-3] + "y"
    return name[:-1] if name.endswith("s") and not name.endswith("ss") else name


def field_of(argument: str) -> str:
    """The state's field that feeds an argument of that name."""
    return singular(argument.removeprefix("new_"))
