"""ShareGPT as LLaMA-Factory reads it: `conversations` of {from, value}, calls and results in turns of their own.

APIGen-MT-5k has this form. Several calls of one turn are a JSON list, and so are their results.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from lamforge.data.exchange.draft import Draft, Unconvertible
from lamforge.data.exchange.tool_lists import tools_of
from lamforge.data.exchange.turns import assistant, calls_of, linked, result_of, text_of
from lamforge.data.strict_json import read_json
from lamforge.errors import bounded
from lamforge.messages import Message, ToolCall, Trajectory

_USER = frozenset(("human", "user"))
_ASSISTANT = frozenset(("gpt", "assistant", "bot", "chatgpt"))
_CALL = frozenset(("function_call", "function-call"))
_RESULT = frozenset(("observation", "tool", "function_response", "function-response"))
_AIRLINE, _RETAIL = "book_reservation", "return_delivered_order_items"  # tools of tau-bench's two domains


def reads(row: dict[str, Any]) -> bool:
    """Whether it is a record of such turns."""
    turns = row.get("conversations")
    return isinstance(turns, list) and bool(turns) and all(isinstance(t, dict) and "from" in t for t in turns)


def is_apigen(path: Path) -> bool:
    """Whether a file has the name of APIGen-MT-5k; its records look like any others."""
    return path.is_file() and "apigen-mt" in path.name.lower()


def read(row: dict[str, Any]) -> Draft:
    """A record of turns."""
    turns = row.get("conversations")
    if not isinstance(turns, list) or not turns:
        raise Unconvertible("messages", "there are none")
    messages: list[Message] = []
    system = text_of(row.get("system"))
    if system:
        messages.append(Message(role="system", content=system))
    waiting: list[ToolCall] = []
    for turn in turns:
        found = _turn(turn, waiting)
        waiting = found[0].tool_calls or [] if found[0].role == "assistant" else waiting
        messages += found
    notes: dict[str, int] = {}
    return Draft(linked(messages, notes), tools_of(row.get("tools")), notes=notes)


def read_apigen(row: dict[str, Any]) -> Draft:
    """A record of APIGen-MT-5k (CC-BY-NC-4.0), each of which was verified by its makers."""
    draft = read(row)
    names = {tool["function"]["name"] for tool in draft.tools}
    draft.domain = "airline" if _AIRLINE in names else "retail" if _RETAIL in names else ""
    draft.reward = 1
    draft.provenance = {"licence": "CC-BY-NC-4.0", "judged_by": "APIGen-MT: final state and outputs"}
    return draft


def _turn(turn: Any, waiting: list[ToolCall]) -> list[Message]:
    if not isinstance(turn, dict):
        raise Unconvertible("messages", f"is no turn: {bounded(turn, 80)}")
    speaker = str(turn.get("from", turn.get("role"))).lower()
    value = turn.get("value", turn.get("content"))
    if speaker == "system":
        return [Message(role="system", content=text_of(value) or "")]
    if speaker in _USER:
        return [Message(role="user", content=text_of(value) or "")]
    if speaker in _ASSISTANT:
        return [assistant(text_of(value) or "")]
    if speaker in _CALL:
        return [assistant(None, calls_of(value))]
    if speaker in _RESULT:
        return [Message(role="tool", content=each) for each in _results(value, len(waiting))]
    raise Unconvertible("role", f"unknown: {bounded(speaker)}")


def _results(value: Any, calls: int) -> list[str]:
    """The results of so many calls: a JSON list of as many, or one text."""
    if calls > 1 and isinstance(value, str):
        try:
            found = read_json(value)
        except (ValueError, RecursionError):
            found = None
        if isinstance(found, list) and len(found) == calls:
            return [result_of(each) for each in found]
    return [result_of(value)]


def write(trajectory: Trajectory) -> dict[str, Any]:
    """A record in which people and tools speak in turn with the assistant, as LLaMA-Factory wants it.

    Raises:
        Unconvertible: if they do not.
    """
    messages = list(trajectory.messages)
    system = messages.pop(0).content or "" if messages and messages[0].role == "system" else ""
    turns: list[dict[str, str]] = []
    while messages:
        message = messages.pop(0)
        if message.role == "tool":
            results = [message.content or ""]
            while messages and messages[0].role == "tool":
                results.append(messages.pop(0).content or "")
            value = results[0] if len(results) == 1 else json.dumps(results, ensure_ascii=False)
            turns.append({"from": "observation", "value": value})
        elif message.tool_calls:
            if message.content:
                raise Unconvertible("text beside a call", "ShareGPT has no place for it")
            calls = [each.function.model_dump() for each in message.tool_calls]
            value = json.dumps(calls[0] if len(calls) == 1 else calls, ensure_ascii=False)
            turns.append({"from": "function_call", "value": value})
        elif message.role == "system":
            raise Unconvertible("system message", "ShareGPT has no place for one in the middle")
        else:
            turns.append({"from": "human" if message.role == "user" else "gpt", "value": message.content or ""})
    for number, turn in enumerate(turns):
        if (turn["from"] in ("human", "observation")) != (number % 2 == 0):
            raise Unconvertible(
                "turns", f"LLaMA-Factory wants the sides to alternate; turn {number} is {turn['from']!r}"
            )
    tools = json.dumps([tool["function"] for tool in trajectory.tools], ensure_ascii=False)
    row: dict[str, Any] = {"conversations": turns, "tools": tools if trajectory.tools else ""}
    return {**row, "system": system} if system else row
