"""Messages of strangers: texts, calls and results, each result linked to its call."""

from __future__ import annotations

import json
from typing import Any

from lamforge.data.exchange.draft import Unconvertible
from lamforge.data.exchange.tool_lists import fit_name
from lamforge.data.strict_json import read_json
from lamforge.errors import bounded
from lamforge.messages import Function, Message, ToolCall

_TEXTS = ("text", "input_text", "output_text")


def text_of(content: Any) -> str | None:
    """A content as text: as it is, or its parts that are text one after the other.

    Raises:
        Unconvertible: if something in it is no text.
    """
    if content is None or isinstance(content, str):
        return content
    if isinstance(content, list):
        texts = [_part(part) for part in content]
        return "".join(texts)
    raise Unconvertible("content", f"is no text: {bounded(content)}")


def _part(part: Any) -> str:
    if isinstance(part, str):
        return part
    if isinstance(part, dict) and part.get("type", "text") in _TEXTS and isinstance(part.get("text"), str):
        return part["text"]
    raise Unconvertible("content", f"has a part that is no text: {bounded(part, 80)}")


def result_of(content: Any) -> str:
    """A result as text: texts as they are, all else as JSON."""
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if isinstance(content, list) and content and all(_is_text(part) for part in content):
        return "".join(_part(part) for part in content)
    return json.dumps(content, ensure_ascii=False)


def _is_text(part: Any) -> bool:
    return isinstance(part, dict) and part.get("type") == "text" and isinstance(part.get("text"), str)


def arguments_of(given: Any) -> dict[str, Any]:
    """The arguments of a call: an object, or the JSON of one.

    Raises:
        Unconvertible: if they are neither.
    """
    if given is None or given == "":
        return {}
    if isinstance(given, str):
        try:
            given = read_json(given)
        except (ValueError, RecursionError) as error:
            raise Unconvertible("arguments", f"are no JSON: {error}") from error
    if not isinstance(given, dict):
        raise Unconvertible("arguments", f"are no object: {bounded(given)}")
    return given


def call_of(given: Any) -> ToolCall:
    """A call in any of the usual shapes: {name, arguments}, alone or under "function".

    Raises:
        Unconvertible: if it has no name or no readable arguments.
    """
    function = given.get("function", given) if isinstance(given, dict) else given
    if not isinstance(function, dict) or not isinstance(function.get("name"), str):
        raise Unconvertible("call", f"has no name: {bounded(given)}")
    arguments = next((function[key] for key in ("arguments", "parameters", "args") if key in function), None)
    identity = given.get("id")
    return ToolCall(
        id="" if identity is None else str(identity),
        function=Function(name=fit_name(function["name"]), arguments=arguments_of(arguments)),
    )


def calls_of(given: Any) -> list[ToolCall]:
    """One call or a list of them, or the JSON of that; raises Unconvertible."""
    if isinstance(given, str):
        try:
            given = read_json(given)
        except (ValueError, RecursionError) as error:
            raise Unconvertible("call", f"is no JSON: {error}") from error
    return [call_of(each) for each in (given if isinstance(given, list) else [given])]


def listed_calls(given: Any) -> list[ToolCall]:
    """The calls of a message's list of them, which may be absent; raises Unconvertible."""
    if given is not None and not isinstance(given, list):
        raise Unconvertible("call", f"tool_calls are no list: {bounded(given, 80)}")
    return [call_of(each) for each in given or ()]


def assistant(content: str | None, calls: list[ToolCall] | None = None) -> Message:
    """What the assistant said or called."""
    return Message(role="assistant", content=content if content or not calls else None, tool_calls=calls or None)


def linked(messages: list[Message], notes: dict[str, int]) -> list[Message]:
    """The messages with an id on every call, used once, and on its result the same.

    A result belongs to the open call whose id it names; else, if it names one, to the first open call of that tool;
    else to the first open call. What was linked otherwise than by ids is counted in `notes`.

    Raises:
        Unconvertible: if a result follows no call that waits for one.
    """
    used: set[str] = set()
    open_calls: list[tuple[str, ToolCall]] = []  # with the id that the source gave it
    number = 0
    for message in messages:
        if message.role == "tool":
            given, call = _claimed(message, open_calls)
            if message.tool_call_id and message.tool_call_id != given:
                notes["links mended"] = notes.get("links mended", 0) + 1
            message.tool_call_id = call.id
            message.name = call.function.name if message.name else None
            continue
        if message.role == "assistant" and message.tool_calls:
            open_calls = []
            for call in message.tool_calls:
                number += 1
                given = call.id
                if not call.id or call.id in used:
                    call.id = _free(number, used)
                used.add(call.id)
                open_calls.append((given, call))
        elif message.role != "system":
            open_calls = []
    return messages


def _free(number: int, used: set[str]) -> str:
    while (name := f"call_{number}") in used:
        number += 1
    return name


def _claimed(result: Message, open_calls: list[tuple[str, ToolCall]]) -> tuple[str, ToolCall]:
    if not open_calls:
        raise Unconvertible("result", f"follows no call: {bounded(result.content, 80)}")
    place = next((i for i, (given, _) in enumerate(open_calls) if given and given == result.tool_call_id), None)
    if place is None and result.name:
        name = fit_name(result.name)
        place = next((i for i, (_, call) in enumerate(open_calls) if call.function.name == name), None)
    return open_calls.pop(place or 0)
