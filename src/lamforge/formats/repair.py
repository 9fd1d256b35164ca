"""Mending calls that are nearly right; optional, and every mend is recorded in the call's `repairs`.

A mend never guesses what was meant and leaves nothing out: it adds the closing brackets that are missing after a whole
value, takes a call out of a wrapper, and turns a value into the type that its schema asks for if the two mean the same.
What was cut off inside a string, a number or a member stays broken, since a call without it would do something else.
"""

from __future__ import annotations

import contextlib
import json
from typing import Any

from lamforge.formats.json_source import BrokenJson
from lamforge.formats.json_text import CutOff, check_json
from lamforge.formats.triggers import CLOSE, FENCE
from lamforge.messages import Function, Message, ToolCall
from lamforge.tools import bare, validate_arguments

_CALL_WRAPPERS, _ARGUMENT_WRAPPERS = ("tool_calls", "function"), ("arguments", "parameters")


def repaired(message: Message, parse: Any, tools: list[dict[str, Any]] | None) -> Message:
    """The message with its calls mended, as far as they can be.

    Args:
        parse: Reads a text, as `lamforge.formats.parse.parse` does.
        tools: Whose schemas say which types are asked for.
    """
    if message.problem and not message.tool_calls and message.content:
        message = _read_again(message, parse)
    offered = {bare(tool)["name"]: bare(tool).get("parameters") or {} for tool in tools or ()}
    for call in message.tool_calls or ():
        schema = offered.get(call.function.name)
        if schema is not None and call.problems:
            _fit(call, schema)
    return message


def _read_again(message: Message, parse: Any) -> Message:
    """The message whose text holds a call that is cut off or wrapped, if mending it gives one."""
    text = message.content or ""
    starts = [place for place in (text.find("[{"), text.find("{")) if place >= 0]
    if not starts:
        return message
    before, written, after = text[: min(starts)], text[min(starts) :], ""
    for closing in (CLOSE, FENCE):
        if written.endswith(closing):
            written, after = written.removesuffix(closing), closing
    closed = _closed(written)
    calls = _unwrapped(_value(closed or written))
    if not calls:
        return message
    mended: Message = parse(before + json.dumps([call.model_dump() for call in calls]) + after)
    for call in mended.tool_calls or ():
        call.repairs = ["closed what was cut off" if closed else "taken out of its wrapper"]
    return mended if mended.tool_calls else message


def _value(text: str) -> Any:
    """What a JSON text says; None if it is none."""
    with contextlib.suppress(BrokenJson):
        check_json(text)
        return json.loads(text)
    return None


def _unwrapped(value: Any) -> list[Function]:
    """The calls in a JSON value, whatever they are wrapped in; none if anything beside them is no call."""
    if isinstance(value, str):
        return _unwrapped(_value(value)) if value[:1] in ("[", "{") else []
    if isinstance(value, list):
        found = [_unwrapped(item) for item in value]
        return [call for calls in found for call in calls] if all(found) else []
    if not isinstance(value, dict):
        return []
    name, arguments = value.get("name"), value.get("arguments", value.get("parameters"))
    if isinstance(name, str) and arguments is not None:
        arguments = _value(arguments) if isinstance(arguments, str) else arguments
        return [Function(name=name, arguments=arguments)] if isinstance(arguments, dict) else []
    wrapped = [value[key] for key in _CALL_WRAPPERS if key in value]
    return _unwrapped(wrapped[0]) if len(wrapped) == 1 else []


def _closed(text: str) -> str | None:
    """A JSON text that was cut off after a whole value, with all that is open closed; None if anything else is missing.

    A number at the very end may have had more digits.
    """
    try:
        check_json(text)
    except CutOff as cut:
        return text + cut.missing if cut.after_value and not text[-1].isdigit() else None
    except BrokenJson:
        return None
    return None


def _fit(call: ToolCall, schema: dict[str, Any]) -> None:
    """Turns arguments into the types that the schema asks for; kept only if the call is right then, or nearer to it."""
    arguments, notes = dict(call.function.arguments), []
    for wrapper in _ARGUMENT_WRAPPERS:
        inner = arguments.get(wrapper)
        if len(arguments) == 1 and isinstance(inner, dict) and wrapper not in schema.get("properties", {}):
            arguments, notes = dict(inner), ["arguments taken out of their wrapper"]
    for name, wanted in schema.get("properties", {}).items():
        if name in arguments and isinstance(wanted, dict):
            fitting = _cast(arguments[name], wanted)
            if fitting is not None and type(fitting) is not type(arguments[name]):
                notes.append(f"{name}: {json.dumps(arguments[name])[:80]} made {json.dumps(fitting)[:80]}")
                arguments[name] = fitting
    problems = validate_arguments(schema, arguments) if notes else []
    if notes and len(problems) < len(call.problems):
        call.function.arguments, call.problems = arguments, problems
        call.repairs += notes


def _cast(value: Any, schema: dict[str, Any]) -> Any:
    """The value as one of the types that the schema asks for, if it is of none but means the same; else None."""
    kinds = schema.get("type", [])
    kinds = kinds if isinstance(kinds, list) else [kinds]
    if any(_is(value, kind) for kind in kinds):
        return None
    for kind in kinds:
        if kind == "string" and isinstance(value, int | float) and not isinstance(value, bool):
            return json.dumps(value)
        if kind == "integer" and isinstance(value, float) and value.is_integer():
            return int(value)
        if kind not in ("string", "null") and isinstance(value, str) and _is(read := _value(value), kind):
            return read
    return None


def _is(value: Any, kind: str) -> bool:
    if kind == "boolean" or isinstance(value, bool):
        return kind == "boolean" and isinstance(value, bool)
    types: dict[str, Any] = {"string": str, "integer": int, "number": (int, float), "array": list, "object": dict}
    return isinstance(value, types.get(kind, ()))
