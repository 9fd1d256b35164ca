"""xlam-function-calling-60k (APIGen, arXiv 2406.18518): a query, its calls, tools with Python's types; no results.

{"id", "query", "answers": JSON of [{name, arguments}], "tools": JSON of [{name, description, parameters: {p: {type,
description, default}}}]}
"""

from __future__ import annotations

import json
from typing import Any

from lamforge.data.exchange.draft import Draft, Unconvertible
from lamforge.data.exchange.tool_lists import tools_of
from lamforge.data.exchange.turns import assistant, calls_of, linked
from lamforge.data.exchange.types import python_type
from lamforge.errors import bounded
from lamforge.messages import Message, Trajectory


def reads(row: dict[str, Any]) -> bool:
    """Whether it is a query with answers and tools."""
    return isinstance(row.get("query"), str) and "answers" in row and "tools" in row


def read(row: dict[str, Any]) -> Draft:
    """The query and its calls; no calls are an empty answer, which says nothing of what to say instead."""
    if not isinstance(row.get("query"), str):
        raise Unconvertible("query", f"is no text: {bounded(row.get('query'), 80)}")
    calls = calls_of(row.get("answers"))
    if not calls:
        raise Unconvertible("no assistant", "there is no call, and no word in its place")
    messages = [Message(role="user", content=row["query"]), assistant(None, calls)]
    original = {"original": {"id": row["id"]}} if isinstance(row.get("id"), int | str) else {}
    return Draft(linked(messages, {}), tools_of(row.get("tools")), provenance=original)


def write(trajectory: Trajectory) -> dict[str, Any]:
    """A record of a single turn whose tools take plain types.

    Raises:
        Unconvertible: if anything would be lost.
    """
    messages = trajectory.messages
    if [message.role for message in messages] != ["user", "assistant"] or not messages[1].tool_calls:
        raise Unconvertible("turns", "it holds one query and its calls, and nothing else")
    if messages[1].content:
        raise Unconvertible("text beside a call", "it has no place for it")
    answers = [call.function.model_dump() for call in messages[1].tool_calls]
    tools = [_listed(tool["function"]) for tool in trajectory.tools]
    return {
        "query": messages[0].content or "",
        "answers": json.dumps(answers, ensure_ascii=False),
        "tools": json.dumps(tools, ensure_ascii=False),
    }


def _listed(function: dict[str, Any]) -> dict[str, Any]:
    schema = function.get("parameters") or {}
    required = schema.get("required", ())
    listed = {}
    for name, each in (schema.get("properties") or {}).items():
        plain = {key: value for key, value in each.items() if key not in ("description", "default")}
        kind = python_type(plain)
        if kind is None:
            raise Unconvertible("types", f"{function['name']}.{name} has a type that Python's names do not say")
        optional = name not in required and "default" not in each
        told = {"description": each["description"]} if "description" in each else {}
        listed[name] = {**told, "type": f"{kind}, optional" if optional else kind}
        if "default" in each:
            listed[name]["default"] = each["default"]
    told = {key: function[key] for key in ("name", "description") if key in function}
    return {**told, "parameters": listed}
