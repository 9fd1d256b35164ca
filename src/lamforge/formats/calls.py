"""From a JSON value in a model's text to the calls that it is, if it is any.

A call is an object whose "name" is a string and whose "arguments" (or "parameters") is an object. A list is calls only
if every item is one.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from lamforge.errors import bounded

_MAX_DEPTH = 64  # levels of lists and objects in a call's arguments; the validator's own limit is about 250


class Call(NamedTuple):
    """The name and the arguments of a call, as the model wrote them."""

    name: str
    arguments: dict[str, Any]


class UnreadableCall(Exception):
    """A value that means to be a call and is none; the text says why."""


def calls_in(value: Any) -> list[Call]:
    """The calls that a JSON value is; empty for any other value.

    Raises:
        UnreadableCall: if some of the value means to be a call, and not all of it is one that can be executed.
    """
    items = value if isinstance(value, list) else [value]
    calls = [call for item in items if (call := _call(item)) is not None]
    if calls and len(calls) < len(items):
        raise UnreadableCall(f"{len(items) - len(calls)} of the {len(items)} items in the list are no calls")
    return calls


def _call(item: Any) -> Call | None:
    if not isinstance(item, dict) or not isinstance(item.get("name"), str):
        return None
    name = item["name"]
    if "arguments" in item:
        arguments = item["arguments"]
        if not isinstance(arguments, dict):
            raise UnreadableCall(f"the arguments of {bounded(name)} are no object: {bounded(arguments)}")
    else:
        arguments = item.get("parameters")
        if not isinstance(arguments, dict) or _is_definition(item):
            return None
    if _deeper_than(arguments, _MAX_DEPTH):
        raise UnreadableCall(f"the arguments of {bounded(name)} are nested more than {_MAX_DEPTH} levels deep")
    try:
        json.dumps([name, arguments], ensure_ascii=False, allow_nan=False).encode()
    except UnicodeEncodeError:
        raise UnreadableCall(f"the call of {bounded(name)} holds half a surrogate pair") from None
    except ValueError:
        raise UnreadableCall(f"the arguments of {bounded(name)} hold a number that JSON has not") from None
    return Call(name, arguments)


def _is_definition(item: dict[str, Any]) -> bool:
    """Whether an object with "parameters" describes a tool instead of calling it."""
    parameters = item["parameters"]
    return "description" in item or (parameters.get("type") == "object" and "properties" in parameters)


def _deeper_than(value: Any, limit: int) -> bool:
    level = [value]
    for _ in range(limit):
        level = [
            child
            for outer in level
            for child in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(child, (dict, list))
        ]
        if not level:
            return False
    return True
