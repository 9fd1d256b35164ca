"""Mending calls that are nearly right; optional, and every mend is recorded in the call's `repairs`.

A mend never guesses what was meant: it closes what was cut off after its last whole member, takes a call out of a
wrapper, and turns a value into the type that its schema asks for if the two mean the same.
"""

from __future__ import annotations

import contextlib
import json
from typing import Any

from lamforge.formats.json_text import BrokenJson, JsonText
from lamforge.messages import Function, Message, ToolCall
from lamforge.tools import bare, validate_arguments

_WRAPPERS = ("tool_calls", "function", "arguments", "parameters")
_OPEN = {"[": "]", "{": "}"}


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
        if schema is not None and validate_arguments(schema, call.function.arguments):
            _fit(call, schema)
    return message


def _read_again(message: Message, parse: Any) -> Message:
    """The message whose text holds a call that is cut off or wrapped, if mending it gives one."""
    text = message.content or ""
    starts = [place for place in (text.find("[{"), text.find("{")) if place >= 0]
    if not starts:
        return message
    before, written = text[: min(starts)], text[min(starts) :]
    closed = _closed(written)
    value, note = None, "closed what was cut off"
    with contextlib.suppress(ValueError, RecursionError):
        value = json.loads(closed if closed is not None else written)
    calls = _unwrapped(value)
    if not calls:
        return message
    mended = parse(before + json.dumps([{"name": c.name, "arguments": c.arguments} for c in calls]))
    for call in mended.tool_calls or ():
        call.repairs = [note if closed is not None else "taken out of its wrapper"]
    return mended if mended.tool_calls else message


def _unwrapped(value: Any) -> list[Function]:
    """The calls in a JSON value, whatever they are wrapped in."""
    if isinstance(value, str):
        with contextlib.suppress(ValueError, RecursionError):
            return _unwrapped(json.loads(value)) if value[:1] in _OPEN else []
        return []
    if isinstance(value, list):
        return [call for item in value for call in _unwrapped(item)]
    if not isinstance(value, dict):
        return []
    name, arguments = value.get("name"), value.get("arguments", value.get("parameters"))
    if isinstance(name, str) and arguments is not None:
        with contextlib.suppress(ValueError, RecursionError):
            arguments = json.loads(arguments) if isinstance(arguments, str) else arguments
        return [Function(name=name, arguments=arguments)] if isinstance(arguments, dict) else []
    return [call for key in _WRAPPERS[:2] for call in _unwrapped(value.get(key))]


def _closed(text: str) -> str | None:
    """A JSON text that was cut off, ended after its last whole member; None if it is whole, or broken otherwise."""
    source = JsonText()
    source.add(text)
    source.ended = True
    read: list[str] = []
    try:
        for _ in source.value(read.append):
            pass
    except BrokenJson:
        if source.at < len(text) and "".join(read) and not _only_cut(text[source.at :]):
            return None
    else:
        return None
    return _ended_at_last_member("".join(read))


def _only_cut(rest: str) -> bool:
    """Whether what could not be read is the beginning of a string, a number or a word."""
    return rest[:1] in '"-0123456789' or any(word.startswith(rest) for word in ("true", "false", "null"))


def _ended_at_last_member(text: str) -> str | None:
    """The text up to its last whole member, with the containers closed."""
    closers: list[str] = []
    best: str | None = None
    in_string = escaped = False
    for place, sign in enumerate(text):
        if in_string:
            in_string = escaped or sign != '"'
            escaped = sign == "\\" and not escaped
        elif sign == '"':
            in_string = True
        elif sign in _OPEN:
            closers.append(_OPEN[sign])
            best = text[: place + 1] + "".join(reversed(closers))
        elif sign in "]}":
            closers.pop()
            best = text[: place + 1] + "".join(reversed(closers))
        elif sign == "," and closers:
            best = text[:place] + "".join(reversed(closers))
    return best


def _fit(call: ToolCall, schema: dict[str, Any]) -> None:
    """Turns arguments into the types that the schema asks for; kept only if the call is right then, or nearer to it."""
    arguments, notes = dict(call.function.arguments), []
    for wrapper in _WRAPPERS[2:]:
        inner = arguments.get(wrapper)
        if len(arguments) == 1 and isinstance(inner, dict) and wrapper not in schema.get("properties", {}):
            arguments, notes = dict(inner), ["arguments taken out of their wrapper"]
    for name, wanted in schema.get("properties", {}).items():
        if name in arguments and isinstance(wanted, dict):
            fitting = _cast(arguments[name], wanted)
            if fitting is not None and type(fitting) is not type(arguments[name]):
                notes.append(f"{name}: {json.dumps(arguments[name])[:80]} made {json.dumps(fitting)[:80]}")
                arguments[name] = fitting
    problems = validate_arguments(schema, arguments)
    if notes and len(problems) < len(validate_arguments(schema, call.function.arguments)):
        call.function.arguments, call.problems = arguments, problems
        call.repairs += notes


def _cast(value: Any, schema: dict[str, Any]) -> Any:
    """The value as one of the types that the schema asks for, if it means the same; else None."""
    kinds = schema.get("type", [])
    for kind in kinds if isinstance(kinds, list) else [kinds]:
        if isinstance(value, str) and kind in ("integer", "number", "boolean", "array", "object"):
            with contextlib.suppress(ValueError, RecursionError):
                read = json.loads(value)
                if _is(read, kind):
                    return read
        elif kind == "string" and isinstance(value, int | float) and not isinstance(value, bool):
            return json.dumps(value)
        elif kind == "integer" and isinstance(value, float) and value.is_integer():
            return int(value)
    return None


def _is(value: Any, kind: str) -> bool:
    if kind == "boolean" or isinstance(value, bool):
        return kind == "boolean" and isinstance(value, bool)
    types: dict[str, Any] = {"integer": int, "number": (int, float), "array": list, "object": dict}
    return isinstance(value, types[kind])
