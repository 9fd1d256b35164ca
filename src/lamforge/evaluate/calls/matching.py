"""Whether the calls that were made are the expected ones: one verdict, and why. It knows no model."""

from __future__ import annotations

from typing import Any

from lamforge.error_kinds import problem_kind
from lamforge.evaluate.bfcl.values import normalised
from lamforge.evaluate.calls.records import ExpectedCall
from lamforge.evaluate.suite import Score

RIGHT_TOOL = "arguments"  # the error type of answers that call what they should, with other arguments
Call = dict[str, Any]  # {"name", "arguments", "problems"}


def same(value: Any, right: Any) -> bool:
    """Whether a value is the right one.

    Texts are compared as BFCL does it: without case, spaces and light punctuation. Numbers are equal as numbers; a
    truth value is no number.
    """
    if isinstance(value, str) and isinstance(right, str):
        return normalised(value) == normalised(right)
    if isinstance(value, dict) and isinstance(right, dict):
        return value.keys() == right.keys() and all(same(value[key], right[key]) for key in right)
    if isinstance(value, list) and isinstance(right, list):
        return len(value) == len(right) and all(map(same, value, right))
    return isinstance(value, bool) == isinstance(right, bool) and bool(value == right)


def argument_faults(call: Call, expected: ExpectedCall, parameters: dict[str, Any]) -> dict[str, str]:
    """What is wrong with each argument that is wrong.

    Args:
        parameters: The tool's schema, whose defaults may be given or left out.
    """
    given, properties = call["arguments"], parameters.get("properties") or {}
    faults = {}
    for name in {**expected.arguments, **given}:
        if name not in expected.arguments:
            if not _is_default(properties, name, given[name]):
                faults[name] = "not expected"
        elif name not in given:
            may_miss = any(_is_default(properties, name, value) for value in expected.right(name))
            if name not in expected.optional and not may_miss:
                faults[name] = "missing"
        elif not any(same(given[name], value) for value in expected.right(name)):
            faults[name] = "differs"
    return faults


def calls_score(calls: list[Call], expected: list[ExpectedCall], schemas: dict[str, dict[str, Any]]) -> Score:
    """The verdict on calls, in whatever order they were made.

    Args:
        schemas: The parameters of each tool that was offered.
    """
    wanted = sorted(each.name for each in expected)
    names = sorted(call["name"] for call in calls)
    if names != wanted:
        return _wrong_calls(calls, names, wanted)
    broken = next((problem for call in calls for problem in call["problems"]), None)
    if broken is not None:
        return Score(False, False, problem_kind(broken), RIGHT_TOOL, broken[:300])
    left = list(calls)
    for one in expected:
        mine = [call for call in left if call["name"] == one.name]
        fitting = next((call for call in mine if not argument_faults(call, one, schemas[one.name])), None)
        if fitting is None:
            faults = argument_faults(mine[0], one, schemas[one.name])
            said = "; ".join(f"{name} {why}" for name, why in faults.items())
            return Score(False, False, "wrong_argument", RIGHT_TOOL, f"{one.name}: {said}"[:300])
        left.remove(fitting)
    return Score(True, True)


def _wrong_calls(calls: list[Call], names: list[str], wanted: list[str]) -> Score:
    said = f"{', '.join(names) or 'nothing'} was called, not {', '.join(wanted)}"[:300]
    if not names:
        return Score(False, False, "missing_call", "no call", said)
    for call in calls:
        for problem in call["problems"]:
            return Score(False, False, problem_kind(problem), "tool", f"{said}: {problem}"[:300])
    if not wanted:
        return Score(False, False, "needless_call", "call", said)
    missing, extra = list(wanted), []
    for name in names:
        if name in missing:
            missing.remove(name)
        else:
            extra.append(name)
    if not extra:
        return Score(False, False, "missing_call", "count", said)
    return Score(False, False, "wrong_call" if missing else "extra_call", "tool" if missing else "count", said)


def _is_default(properties: dict[str, Any], name: str, value: Any) -> bool:
    described = properties.get(name)
    return isinstance(described, dict) and "default" in described and same(value, described["default"])
