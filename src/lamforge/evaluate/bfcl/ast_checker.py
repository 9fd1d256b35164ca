"""Whether calls are the right ones: BFCL's AST checker, for functions of Python, Java and JavaScript.

`check_calls` gives the official verdict and error type for any calls; `values` compares single values. Nothing that a
model wrote is run.
"""

from __future__ import annotations

from typing import Any

from lamforge.evaluate.bfcl import java, javascript
from lamforge.evaluate.bfcl.suites import language_of
from lamforge.evaluate.bfcl.tasks import BfclTask
from lamforge.evaluate.bfcl.values import (
    Fault,
    dict_fault,
    list_fault,
    objects_fault,
    other_fault,
    text_fault,
    typed,
)

_PYTHON: dict[str, type] = {
    "string": str,
    "integer": int,
    "float": float,
    "boolean": bool,
    "array": list,
    "tuple": list,
    "dict": dict,
    "any": str,
}
_TYPES = {"python": _PYTHON, "java": java.TYPES, "javascript": javascript.TYPES}
_LISTS = {"python": ("array", "tuple"), "java": ("Array", "ArrayList"), "javascript": ("array",)}
_NOT_TEXT = {"java": "type_error:java", "javascript": "type_error:js"}


def check_calls(
    task: BfclTask, calls: list[dict[str, Any]], *, underscores: bool = False, unquote: bool = False
) -> Fault | None:
    """What is wrong with the calls; None if they are right.

    Where the official checker itself stops with an error there is no verdict; that is a fault "uncheckable" here.

    Args:
        calls: Each {name: {parameter: value}}.
        underscores: Whether dots in functions' names were replaced before the model saw them.
        unquote: Read arrays of Java's strings as Java does; see `java_value`.
    """
    answer = task.answer or []
    try:
        if "parallel" in task.category:
            return _in_any_order(task, calls, answer, underscores, unquote)
        several = "multiple" in task.category  # functions to choose from
        if len(calls) != (len(answer) if several else 1):
            checker = "multiple" if several else "simple"
            return Fault(f"{checker}_function_checker:wrong_count", f"{len(calls)} calls are made")
        document = _document(task, answer[0]) if several else task.functions[0]
        return _call_fault(task, document, calls[0], answer[0], underscores, unquote)
    except (KeyError, TypeError, AttributeError, ValueError, IndexError, ArithmeticError, RecursionError) as error:
        return Fault("uncheckable", f"the official checker stops on it: {error!r}"[:300])


def _in_any_order(
    task: BfclTask, calls: list[dict[str, Any]], answer: list[Any], underscores: bool, unquote: bool
) -> Fault | None:
    """For each expected call the first that is right and not taken yet."""
    if len(calls) != len(answer):
        message = f"{len(calls)} calls, {len(answer)} expected"
        return Fault("parallel_function_checker_no_order:wrong_count", message)
    left = list(calls)
    for expected in answer:
        document, faults = _document(task, expected), []
        for place, call in enumerate(left):
            fault = _call_fault(task, document, call, expected, underscores, unquote)
            if fault is None:
                del left[place]
                break
            faults.append(fault)
        else:
            name = next(iter(expected))
            reasons = "; ".join(dict.fromkeys(fault.message for fault in faults))
            message = f"no call is the expected one of {name}: {reasons}"
            return Fault("parallel_function_checker_no_order:cannot_find_match", message[:600])
    return None


def _document(task: BfclTask, expected: dict[str, Any]) -> dict[str, Any]:
    name = next(iter(expected))
    for document in task.functions:
        if document["name"] == name:
            return document
    raise KeyError(name)


def _call_fault(
    task: BfclTask,
    document: dict[str, Any],
    call: dict[str, Any],
    expected: dict[str, Any],
    underscores: bool,
    unquote: bool,
) -> Fault | None:
    alternatives: dict[str, list[Any]] = next(iter(expected.values()))
    name = document["name"].replace(".", "_") if underscores else document["name"]
    if name not in call:
        return Fault("simple_function_checker:wrong_func_name", f"{name} is not called")
    given = call[name]
    properties = document["parameters"]["properties"]
    for parameter in document["parameters"]["required"]:
        if parameter not in given:
            return Fault("simple_function_checker:missing_required", f"{parameter!r} is missing")
    for parameter, value in given.items():
        if parameter not in properties or parameter not in alternatives:
            return Fault("simple_function_checker:unexpected_param", f"{parameter!r} is not expected")
        language = language_of(task.category)
        fault = _value_fault(language, parameter, value, properties[parameter], alternatives[parameter], unquote)
        if fault is not None:
            return fault
    for parameter, among in alternatives.items():
        if parameter not in given and "" not in among:
            return Fault("simple_function_checker:missing_optional", f"{parameter!r} is missing")
    return None


def argument_faults(
    task: BfclTask, given: dict[str, Any], expected: dict[str, Any]
) -> dict[str, tuple[Any, Any, Fault | None]]:
    """Each parameter of a call or of the expected one: (value, alternatives, what is wrong), for people to read.

    What was not given, or has no alternatives, is None.
    """
    name, alternatives = next(iter(expected.items()))
    document = next((each for each in task.functions if each["name"] == name), task.functions[0])
    properties = document["parameters"]["properties"]
    rows: dict[str, tuple[Any, Any, Fault | None]] = {}
    for parameter in {**alternatives, **given}:
        value, among = given.get(parameter), alternatives.get(parameter)
        fault = None
        if parameter not in alternatives or parameter not in properties:
            fault = Fault("simple_function_checker:unexpected_param", "is not expected")
        elif parameter in given:
            fault = _safely(task, parameter, value, properties[parameter], among)
        elif "" not in among or parameter in document["parameters"]["required"]:
            fault = Fault("simple_function_checker:missing_optional", "is missing")
        rows[parameter] = (value, among, fault)
    return rows


def _safely(task: BfclTask, name: str, value: Any, described: dict[str, Any], alternatives: Any) -> Fault | None:
    try:
        return _value_fault(language_of(task.category), name, value, described, alternatives, False)
    except (KeyError, TypeError, AttributeError, ValueError, IndexError, ArithmeticError, RecursionError) as error:
        return Fault("uncheckable", repr(error)[:200])


def _value_fault(
    language: str, name: str, value: Any, described: dict[str, Any], alternatives: list[Any], unquote: bool
) -> Fault | None:
    written = described["type"]
    kind, inner = _TYPES[language][written], None
    if language != "python" and type(value) is not str:
        return Fault(_NOT_TEXT[language], f"{name!r}: a text with a literal is expected, not {type(value).__name__}")
    if written in _LISTS[language]:
        inner = _TYPES[language][described["items"]["type"]]
    if language == "java":
        value = java.java_value(value, written, described["items"]["type"] if inner else None, unquote=unquote)
    elif language == "javascript":
        value = javascript.javascript_value(value, written, described["items"]["type"] if inner else None)
    elif written == "float" and type(value) is int:
        value = float(value)
    found = typed(name, value, alternatives, written, kind, inner)
    if found.fault is not None:
        return found.fault
    if found.is_variable:
        return other_fault(name, value, alternatives)
    if kind is dict:
        return dict_fault(name, value, alternatives)
    if kind is list:
        return objects_fault(name, value, alternatives) if inner is dict else list_fault(name, value, alternatives)
    return text_fault(name, value, alternatives) if kind is str else other_fault(name, value, alternatives)
