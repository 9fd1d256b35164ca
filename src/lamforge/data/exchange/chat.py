"""OpenAI's `messages` and `tools`, as OpenAI's fine-tuning files and TRL's data sets have them.

TRL holds arguments as objects, and `tools` may be a JSON string, so that no column is filled with nulls.
"""

from __future__ import annotations

import json
from typing import Any, cast

from lamforge.data.exchange.draft import Draft, Unconvertible
from lamforge.data.exchange.tool_lists import tools_of
from lamforge.data.exchange.turns import assistant, call_of, linked, listed_calls, result_of, text_of
from lamforge.data.strict_json import read_json
from lamforge.errors import bounded
from lamforge.messages import Message, Role, Trajectory

_ROLES = {"developer": "system", "function": "tool", "ipython": "tool"}


def reads_openai(row: dict[str, Any]) -> bool:
    """Whether it is a record of messages."""
    messages = row.get("messages")
    return isinstance(messages, list) and bool(messages) and all(isinstance(m, dict) and "role" in m for m in messages)


def reads_trl(row: dict[str, Any]) -> bool:
    """Whether it is one of messages with arguments as objects, or tools as a string."""
    if not reads_openai(row):
        return False
    calls = [call for m in row["messages"] for call in m.get("tool_calls") or () if isinstance(call, dict)]
    functions = [call.get("function") for call in calls]
    objects = any(isinstance(f, dict) and isinstance(f.get("arguments"), dict) for f in functions)
    return objects or isinstance(row.get("tools"), str)


def read(row: dict[str, Any]) -> Draft:
    """A record of messages; ids and names of others' own are kept in the provenance."""
    listed = row["messages"] if "messages" in row else row.get("conversation")
    if isinstance(listed, str):
        try:
            listed = read_json(listed)
        except (ValueError, RecursionError) as error:
            raise Unconvertible("messages", f"are no JSON: {error}") from error
    if not isinstance(listed, list) or not listed:
        raise Unconvertible("messages", "there are none")
    notes: dict[str, int] = {}
    tools = next((row[key] for key in ("tools", "functions") if row.get(key)), None)
    messages = linked([message(each) for each in listed], notes)
    known = {key: row[key] for key in ("id", "source") if isinstance(row.get(key), str | int)}
    return Draft(messages, tools_of(tools), provenance={"original": known} if known else {}, notes=notes)


def message(given: Any) -> Message:
    """A message of OpenAI's, in its present and its former shape."""
    if not isinstance(given, dict) or not isinstance(given.get("role"), str):
        raise Unconvertible("messages", f"is no message: {bounded(given, 80)}")
    role = _ROLES.get(given["role"], given["role"])
    if role not in ("system", "user", "assistant", "tool"):
        raise Unconvertible("role", f"unknown: {bounded(given['role'])}")
    if role == "tool":
        name, link = given.get("name"), given.get("tool_call_id")
        return Message(
            role="tool",
            content=result_of(given.get("content")),
            tool_call_id=None if link is None else str(link),
            name=name if isinstance(name, str) else None,
        )
    content = text_of(given.get("content"))
    if role != "assistant":
        return Message(role=cast(Role, role), content=content or "")
    former = [call_of(given["function_call"])] if given.get("function_call") else []
    said = assistant(content, listed_calls(given.get("tool_calls")) or former)
    return said if given.get("weight") is None else said.model_copy(update={"weight": _weight(given["weight"])})


def _weight(given: Any) -> int:
    """Whether a message is learned from, as OpenAI's fine-tuning files say it: 0 or 1."""
    if isinstance(given, int) and given in (0, 1):
        return int(given)
    raise Unconvertible("weight", f"is neither 0 nor 1: {bounded(given)}")


def write_openai(trajectory: Trajectory) -> dict[str, Any]:
    """{messages, tools} as OpenAI's fine-tuning takes it."""
    row: dict[str, Any] = {"messages": [each.to_wire(weight=True) for each in trajectory.messages]}
    return {**row, "tools": trajectory.tools} if trajectory.tools else row


def write_trl(trajectory: Trajectory) -> dict[str, Any]:
    """{messages, tools} as TRL takes it."""
    messages = [{"content": None, **each.as_dict()} for each in trajectory.messages]
    return {"messages": messages, "tools": json.dumps(trajectory.tools, ensure_ascii=False)}
