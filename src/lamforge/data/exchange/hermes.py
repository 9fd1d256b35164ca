"""Hermes function calling (Nous Research): tools, calls and results as JSON in XML tags within the turns' texts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lamforge.data.exchange.draft import Draft, Unconvertible
from lamforge.data.exchange.python_text import NotPython, read_value
from lamforge.data.exchange.tool_lists import tools_of
from lamforge.data.exchange.turns import assistant, call_of, linked, result_of, text_of
from lamforge.data.strict_json import read_json
from lamforge.errors import bounded
from lamforge.messages import Message

_TOOLS, _CALL, _RESPONSE = "tools", "tool_call", "tool_response"


def reads(row: dict[str, Any]) -> bool:
    """Whether its turns hold such tags."""
    turns = row.get("conversations")
    if not isinstance(turns, list) or not all(isinstance(t, dict) and "from" in t for t in turns):
        return False
    return any(f"<{tag}>" in str(t.get("value")) for t in turns for tag in (_TOOLS, _CALL, _RESPONSE))


def read(row: dict[str, Any]) -> Draft:
    """A record of it. A system text that lists the tools says how to write calls and nothing else: it is left out."""
    turns = row.get("conversations")
    if not isinstance(turns, list) or not turns:
        raise Unconvertible("messages", "there are none")
    messages: list[Message] = []
    listed: list[Any] = []
    for turn in turns:
        speaker = turn.get("from") if isinstance(turn, dict) else None
        text = text_of(turn.get("value")) or "" if isinstance(turn, dict) else ""
        if speaker == "system":
            found = list(_tagged(text, _TOOLS))
            listed += [tool for each in found for tool in _listed(each)]
            if not found and text:
                messages.append(Message(role="system", content=text))
        elif speaker in ("human", "user"):
            messages.append(Message(role="user", content=text))
        elif speaker in ("gpt", "assistant"):
            messages.append(_spoken(text))
        elif speaker == "tool":
            messages += [_result(each) for each in _tagged(text, _RESPONSE)] or [Message(role="tool", content=text)]
        else:
            raise Unconvertible("role", f"unknown: {bounded(speaker)}")
    notes: dict[str, int] = {}
    original = {"original": {"id": row["id"]}} if isinstance(row.get("id"), str | int) else {}
    return Draft(linked(messages, notes), tools_of(row.get("tools") or listed), provenance=original, notes=notes)


def _tagged(text: str, tag: str) -> Iterator[str]:
    """What stands between the tags, each time; up to the end if the last one is not closed."""
    opening, closing = f"<{tag}>", f"</{tag}>"
    at = text.find(opening)
    while at >= 0:
        end = text.find(closing, at)
        inside = text[at + len(opening) : end if end >= 0 else len(text)].strip()
        if inside:
            yield inside
        at = text.find(opening, end) if end >= 0 else -1


def _value(text: str) -> Any:
    """JSON, or what Python prints for the same."""
    try:
        return read_json(text)
    except RecursionError as error:
        raise Unconvertible("call", "is nested too deep") from error
    except ValueError:
        return read_value(text)


def _listed(text: str) -> list[Any]:
    """The tools of a list, or of lines with one each."""
    try:
        found = _value(text)
    except NotPython:
        try:
            return [read_json(line) for line in text.splitlines() if line.strip()]
        except (ValueError, RecursionError) as error:
            raise Unconvertible("tools", f"no JSON in the system text: {error}") from error
    return found if isinstance(found, list) else [found]


def _spoken(text: str) -> Message:
    """The calls in tags, and what stands before the first of them."""
    calls = []
    for inside in _tagged(text, _CALL):
        try:
            found = _value(inside)
        except NotPython as error:
            raise Unconvertible("call", f"is no JSON: {error}") from error
        calls += [call_of(each) for each in (found if isinstance(found, list) else [found])]
    said = text[: text.find(f"<{_CALL}>")].strip() if calls else text
    return assistant(said, calls)


def _result(text: str) -> Message:
    """A result; one that names its tool and holds a content is unpacked."""
    try:
        found = _value(text)
    except NotPython:
        return Message(role="tool", content=text)
    if isinstance(found, dict) and {"name", "content"} <= found.keys() <= {"name", "content", "tool_call_id"}:
        return Message(role="tool", content=result_of(found["content"]), name=str(found["name"]))
    return Message(role="tool", content=text)
