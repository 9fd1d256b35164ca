"""Reading an assistant's text: calls in any of the notations in use, and everything else as content.

A call is a JSON object whose "name" is a string and whose "arguments" (or "parameters") is an object; one alone, or a
list of them, bare, in a `json` code fence, in `<tool_call>` blocks, or after `[TOOL_CALLS]`. Nothing else is a call, so
links, lists and code blocks stay content.
"""

from __future__ import annotations

import json
import re
from typing import Any

from lamforge.errors import bounded
from lamforge.messages import Function, Message, ToolCall
from lamforge.tools import bare, validate_arguments

_FAILED_STARTS = (
    32  # places that look like JSON and are not, after which the rest of a text is content: keeps it linear
)
_START = re.compile(r'\[\s*\{|\{\s*"')  # no two parts can match the same character: linear
_WRAPPERS = (("```json", "```"), ("```", "```"), ("<tool_call>", "</tool_call>"), ("[TOOL_CALLS]", ""))
_CALL_STARTS = ('[{"', '{"name"', '{"arguments"', "<tool_call>", "[TOOL_CALLS]")


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(parse_constant=_no_constant)


def parse(text: str, tools: list[dict[str, Any]] | None = None) -> Message:
    """The message in a generated text. Never fails; a broken call stays in `content` and `problem` says why.

    Args:
        tools: If given, calls to others and arguments that break the schema are noted in the calls' `problems`.
    """
    calls, content, failure = _scan(text)
    if not calls:
        compact = "".join(text.rpartition("</think>")[2].split())
        looks_like_call = compact.startswith(_CALL_STARTS) or "<tool_call>" in text or "[TOOL_CALLS]" in text
        problem = f"looks like a call but cannot be read: {failure or 'no complete call'}" if looks_like_call else None
        return Message(role="assistant", content=text.strip(), problem=problem)
    made = [
        ToolCall(id=f"call_{number}", function=Function(name=name, arguments=arguments))
        for number, (name, arguments) in enumerate(calls)
    ]
    if tools is not None:
        _note_problems(made, tools)
    return Message(role="assistant", content=content.strip() or None, tool_calls=made)


def _scan(text: str) -> tuple[list[tuple[str, dict[str, Any]]], str, str]:
    """(calls, the text without them, why the last thing that began like JSON was none)."""
    calls: list[tuple[str, dict[str, Any]]] = []
    kept: list[str] = []
    done = place = text.rfind("</think>") + len("</think>") if "</think>" in text else 0
    kept.append(text[:done])
    failed, failure = 0, ""
    while failed < _FAILED_STARTS and (start := _next_start(text, place)) >= 0:
        try:
            value, end = _DECODER.raw_decode(text, start)
            found = _calls_in(value)
        except (ValueError, RecursionError) as error:
            failed, failure, place = failed + 1, bounded(str(error)), start + 1
            continue
        place = end
        if found is not None:
            before, after = _unwrapped(text[done:start], text, end)
            kept.append(before)
            calls += found
            done = place = after
    kept.append(text[done:])
    return calls, "".join(kept), failure


def _next_start(text: str, place: int) -> int:
    """Where the next list of objects or object begins, or -1."""
    found = _START.search(text, place)
    return found.start() if found else -1


def _calls_in(value: Any) -> list[tuple[str, dict[str, Any]]] | None:
    """The calls that a JSON value is, or None if it is anything else.

    Raises:
        ValueError: if a call holds half a surrogate pair, which no UTF-8 file can.
    """
    calls = []
    for item in value if isinstance(value, list) else [value]:
        if not isinstance(item, dict):
            return None
        arguments = item.get("arguments", item.get("parameters"))
        if not isinstance(item.get("name"), str) or not isinstance(arguments, dict):
            return None
        json.dumps(item, ensure_ascii=False).encode()
        calls.append((item["name"], arguments))
    return calls or None


def _unwrapped(before: str, text: str, end: int) -> tuple[str, int]:
    """What precedes a call without its opening wrapper, and where the text goes on after its closing one."""
    stripped = before.rstrip()
    for opening, closing in _WRAPPERS:
        if stripped.endswith(opening):
            rest = end
            while rest < len(text) and text[rest] in " \t\r\n":
                rest += 1
            return stripped[: -len(opening)], rest + len(closing) if text.startswith(closing, rest) else end
    return before, end


def _note_problems(calls: list[ToolCall], tools: list[dict[str, Any]]) -> None:
    offered = {bare(tool)["name"]: bare(tool).get("parameters") or {} for tool in tools}
    for call in calls:
        if call.function.name not in offered:
            call.problems = [f"unknown tool {bounded(call.function.name)}"]
        else:
            call.problems = validate_arguments(offered[call.function.name], call.function.arguments)
