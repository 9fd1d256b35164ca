"""Roles and links of a conversation's messages. It knows no tools."""

from __future__ import annotations

from collections.abc import Iterator

from lamforge.errors import bounded
from lamforge.messages import Finding, Message

_UNANSWERED = {"user": "unanswered_user", "tool": "unanswered_result"}


def structure_faults(messages: list[Message]) -> Iterator[Finding]:
    """What is wrong with the order of the messages and with the links between calls and results."""
    if not any(message.role == "assistant" for message in messages):
        yield Finding(code="no_assistant", message=0)
    yield from _links(messages)
    before: Message | None = None
    for place, message in enumerate(messages):
        if message.role == "system" and place:
            yield Finding(code="late_system", message=place)
        if before is not None and _again(before, message):
            yield Finding(code="same_speaker", message=place, detail=message.role)
        if message.role == "assistant" and not message.tool_calls and not (message.content or "").strip():
            yield Finding(code="empty_message", message=place)
        if message.tool_calls and message.role != "assistant":
            yield Finding(code="misplaced_field", message=place, detail=f"tool_calls of the {message.role}")
        if message.tool_call_id is not None and message.role != "tool":
            yield Finding(code="misplaced_field", message=place, detail=f"tool_call_id of the {message.role}")
        before = message
    if before is not None and before.role in _UNANSWERED:
        yield Finding(code=_UNANSWERED[before.role], message=len(messages) - 1)


def _again(before: Message, message: Message) -> bool:
    return message.role == before.role and message.role in ("user", "assistant") and not before.tool_calls


def _links(messages: list[Message]) -> Iterator[Finding]:
    used: set[str] = set()
    waiting: dict[str, str] = {}  # id -> name of each call that has no result yet
    for place, message in enumerate(messages):
        if message.role == "tool":
            if not message.tool_call_id:
                yield Finding(code="missing_id", message=place, detail="the result names no call")
            elif waiting.pop(message.tool_call_id, None) is None:
                yield Finding(code="result_without_call", message=place, detail=bounded(message.tool_call_id, 80))
            continue
        for name in waiting.values():
            yield Finding(code="call_without_result", message=place, detail=bounded(name, 80))
        waiting = {}
        for call in message.tool_calls or () if message.role == "assistant" else ():
            if not call.id:
                yield Finding(code="missing_id", message=place, detail=f"the call of {bounded(call.function.name, 80)}")
            elif call.id in used:
                yield Finding(code="repeated_id", message=place, detail=bounded(call.id, 80))
            used.add(call.id)
            waiting[call.id] = call.function.name
