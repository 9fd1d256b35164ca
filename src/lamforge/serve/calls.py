"""Calls on the wire: with ids of their own and what is wrong with them, and broken ones taken back as text."""

from __future__ import annotations

import secrets
from typing import Any

from lamforge.engines import Call, Joined, arguments_of


def new_call_id() -> str:
    """An id that no other call has."""
    return f"call_{secrets.token_hex(12)}"


def with_own_ids(delta: dict[str, Any]) -> dict[str, Any]:
    """A delta whose calls have ids of their own, not just numbers."""
    pieces = delta.get("tool_calls")
    if not pieces:
        return delta
    return {"tool_calls": [{**piece, "id": new_call_id()} if piece.get("id") else piece for piece in pieces]}


def wire_message(joined: Joined) -> dict[str, Any]:
    """A chat's message, as a client that joins the deltas has it too."""
    message: dict[str, Any] = {"role": "assistant", "content": joined.content or (None if joined.calls else "")}
    if joined.calls:
        message["tool_calls"] = [_wire_call(call) for call in joined.calls.values()]
    return message | ({"problem": joined.problem} if joined.problem else {})


def _wire_call(call: Call) -> dict[str, Any]:
    function = {"name": call.name, "arguments": call.arguments}
    made = {"id": new_call_id(), "type": "function", "function": function}
    return made | ({"problems": call.problems} if call.problems else {})


def broken_call(function: dict[str, Any]) -> str | None:
    """The text of a call that broke off when the model wrote it, which is content to a model; None of a whole one."""
    arguments = function.get("arguments")
    if not isinstance(arguments, str) or arguments_of(arguments) is not None:
        return None
    return Call(0, name=function["name"], arguments=arguments).text()
