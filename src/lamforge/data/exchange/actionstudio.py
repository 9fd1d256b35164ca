"""ActionStudio's unified format (arXiv 2503.22673): {unique_trajectory_id, task_instruction, tools, conversation}.

Its own examples break the links between calls and results, hold results that are lists, and name tools with spaces; all
of that is read. Ids are texts of nine digits, arguments are objects.
"""

from __future__ import annotations

from typing import Any

from lamforge.data.exchange.chat import message
from lamforge.data.exchange.draft import Draft, Unconvertible
from lamforge.data.exchange.tool_lists import tools_of
from lamforge.data.exchange.turns import linked
from lamforge.messages import Message, Trajectory


def reads(row: dict[str, Any]) -> bool:
    """Whether it is a record of it."""
    return isinstance(row.get("conversation"), list) and ("unique_trajectory_id" in row or "task_instruction" in row)


def read(row: dict[str, Any]) -> Draft:
    """A record of it."""
    listed = row.get("conversation")
    if not isinstance(listed, list) or not listed:
        raise Unconvertible("messages", "there are none")
    instruction = row.get("task_instruction")
    system = [Message(role="system", content=instruction)] if isinstance(instruction, str) and instruction else []
    notes: dict[str, int] = {}
    messages = linked([*system, *(message(each) for each in listed)], notes)
    identity = row.get("unique_trajectory_id")
    original = {"original": {"id": identity}} if isinstance(identity, str | int) else {}
    return Draft(messages, tools_of(row.get("tools")), provenance=original, notes=notes)


def write(trajectory: Trajectory) -> dict[str, Any]:
    """A record of it.

    Raises:
        Unconvertible: if a system message stands anywhere but at the beginning.
    """
    messages = [each.model_copy(update={"weight": None}).as_dict() for each in trajectory.messages]
    instruction = messages.pop(0).get("content") or "" if messages and messages[0]["role"] == "system" else ""
    ids: dict[str, str] = {}
    for each in messages:
        if each["role"] == "system":
            raise Unconvertible("system message", "it has no place for one in the middle")
        each.setdefault("content", "")
        for call in each.get("tool_calls", ()):
            call["id"] = ids.setdefault(call["id"], f"{len(ids) + 1:09d}")
        if "tool_call_id" in each:
            each["tool_call_id"] = ids.get(each["tool_call_id"], each["tool_call_id"])
    return {
        "unique_trajectory_id": trajectory.trajectory_id,
        "task_instruction": instruction,
        "tools": trajectory.tools,
        "conversation": messages,
    }
