"""Calls that were expected beside calls that were made, argument by argument, as texts. It judges nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from lamforge.pages import shortened

_LONGEST = 4000  # characters of one value that are shown
_WHOLE = "rows.jsonl"  # where nothing is cut
_MOST = 200  # calls, and arguments of one call, that are shown

Shown = dict[str, Any]  # {"name", "arguments": [[name, value, mark]], "mark"}; marks are empty where nothing is wrong


@dataclass(frozen=True)
class Made:
    """A call; `error` is what it was refused with."""

    name: str
    arguments: dict[str, Any]
    error: str | None = None


def _equal(expected: Any, given: Any) -> bool:
    return bool(type(expected) is type(given) and expected == given)


def compared(
    expected: Sequence[Made],
    made: Sequence[Made],
    *,
    same: Callable[[Any, Any], bool] = _equal,
    text: Callable[[Any], str] | None = None,
    absent: Callable[[Any], bool] = lambda value: False,
) -> dict[str, list[Shown]]:
    """Both lists as a page shows them, each difference marked on both sides.

    Equal calls are paired first, then calls of one name in their order; what is left over is missing, or not expected.

    Args:
        same: Whether an expected value and a given one are equal; where several are right, the first is all of them.
        text: An expected value as text.
        absent: Whether an argument of this expected value may be left out.
    """
    rest = [more(len(each) - _MOST, "calls") for each in (expected, made)]
    expected, made = list(expected)[:_MOST], list(made)[:_MOST]
    pairs: dict[int, int] = {}
    for only_equal in (True, False):
        for place, wanted in enumerate(expected):
            if place in pairs:
                continue
            taken = set(pairs.values())
            for other, call in enumerate(made):
                fits = call.name == wanted.name and other not in taken
                if fits and (not only_equal or not _faults(wanted, call, same, absent)):
                    pairs[place] = other
                    break
    partner = {other: place for place, other in pairs.items()}
    write = text or _text
    left = [
        _shown(call, write, "", _faults(call, made[pairs[i]], same, absent))
        if i in pairs
        else _shown(call, write, "missing", {})
        for i, call in enumerate(expected)
    ]
    right = []
    for j, call in enumerate(made):
        faults = _faults(expected[partner[j]], call, same, absent) if j in partner else {}
        mark = (
            f"refused: {shortened(call.error, 500, _WHOLE)}"
            if call.error is not None
            else ""
            if j in partner
            else "not expected"
        )
        right.append(_shown(call, _text, mark, faults))
    return {"expected": left + rest[0], "made": right + rest[1]}


def _faults(
    expected: Made, given: Made, same: Callable[[Any, Any], bool], absent: Callable[[Any], bool]
) -> dict[str, str]:
    """What is wrong with each argument that is wrong."""
    faults = {}
    for name in {**expected.arguments, **given.arguments}:
        if name not in expected.arguments:
            faults[name] = "not expected"
        elif name not in given.arguments:
            if not absent(expected.arguments[name]):
                faults[name] = "missing"
        elif not same(expected.arguments[name], given.arguments[name]):
            faults[name] = "differs"
    return faults


def _shown(call: Made, text: Callable[[Any], str], mark: str, faults: dict[str, str]) -> Shown:
    shown = list(call.arguments.items())[:_MOST]
    arguments = [[name, shortened(text(value), _LONGEST, _WHOLE), faults.get(name, "")] for name, value in shown]
    arguments += [[each["name"], "", ""] for each in more(len(call.arguments) - _MOST, "arguments")]
    return {"name": call.name, "arguments": arguments, "mark": mark}


def more(count: int, what: str) -> list[Shown]:
    """A line in place of so many others."""
    name = f"… and {count:,} more {what}; all are in {_WHOLE}"
    return [{"name": name, "arguments": [], "mark": ""}] if count > 0 else []


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
