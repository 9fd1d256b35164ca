"""ToolACE (arXiv 2409.00920): tools in the system text, calls as Python writes them, results by name."""

from __future__ import annotations

from typing import Any

from lamforge.data.exchange.draft import Draft, Unconvertible
from lamforge.data.exchange.python_text import NotPython, read_calls
from lamforge.data.exchange.tool_lists import fit_name, tools_of
from lamforge.data.exchange.turns import assistant, linked, result_of, text_of
from lamforge.data.strict_json import DECODER, read_json
from lamforge.errors import bounded
from lamforge.messages import Function, Message, ToolCall

_PREAMBLE = "You are an expert in composing functions"
_LISTED = "that you can invoke"
_CLOSING = "other text MUST be included"


def reads(row: dict[str, Any]) -> bool:
    """Whether its system text lists functions as ToolACE's does."""
    system = row.get("system")
    return isinstance(system, str) and _LISTED in system and isinstance(row.get("conversations"), list)


def read(row: dict[str, Any]) -> Draft:
    """A record of it. The instructions on how to write calls are left out: each format has its own."""
    turns = row.get("conversations")
    if not isinstance(turns, list) or not turns:
        raise Unconvertible("messages", "there are none")
    system, listed = _split(text_of(row.get("system")) or "")
    tools = tools_of(listed)
    names = [str(each["name"]) for each in listed if isinstance(each, dict) and "name" in each]
    messages = [Message(role="system", content=system)] if system else []
    waiting: list[ToolCall] = []
    for turn in turns:
        found = _turn(turn, names, waiting)
        waiting = found[0].tool_calls or [] if found[0].role == "assistant" else waiting
        messages += found
    notes: dict[str, int] = {}
    return Draft(linked(messages, notes), tools, notes=notes)


def _split(system: str) -> tuple[str, list[Any]]:
    """(what is said besides the instructions, the functions)."""
    listing = system.find("[", system.find(_LISTED))
    if _LISTED not in system or listing < 0:
        return system, []
    try:
        listed, end = DECODER.raw_decode(system, listing)
    except (ValueError, RecursionError) as error:
        raise Unconvertible("tools", f"the list in the system text is no JSON: {error}") from error
    if not isinstance(listed, list):
        raise Unconvertible("tools", "the system text lists none")
    before = system[: system.find(_PREAMBLE)] if _PREAMBLE in system else ""
    closing = system.find(_CLOSING, end)
    after = system[closing + len(_CLOSING) :].lstrip(". \n") if closing >= 0 else ""
    return "\n".join(part for part in (before.strip(), after.strip()) if part), listed


def _turn(turn: Any, names: list[str], waiting: list[ToolCall]) -> list[Message]:
    if not isinstance(turn, dict):
        raise Unconvertible("messages", f"is no turn: {bounded(turn, 80)}")
    speaker, value = turn.get("from"), turn.get("value")
    if speaker in ("user", "human"):
        return [Message(role="user", content=text_of(value) or "")]
    if speaker in ("assistant", "gpt"):
        return [_spoken(text_of(value) or "", names)]
    if speaker in ("tool", "observation"):
        return [Message(role="tool", content=text, name=name) for name, text in _results(value, waiting)]
    if speaker == "system":
        return [Message(role="system", content=text_of(value) or "")]
    raise Unconvertible("role", f"unknown: {bounded(speaker)}")


def _spoken(text: str, names: list[str]) -> Message:
    """Words, or calls if a known function is called at the beginning."""
    inside = text.strip().removeprefix("[").lstrip()
    if not any(inside.startswith(name) and inside[len(name) :].lstrip()[:1] == "(" for name in names):
        return assistant(text)
    try:
        calls = read_calls(text, names)
    except NotPython as error:
        raise Unconvertible("call", str(error)) from error
    made = [ToolCall(function=Function(name=fit_name(name), arguments=given)) for name, given in calls]
    return assistant(None, made)


def _results(value: Any, waiting: list[ToolCall]) -> list[tuple[str | None, str]]:
    """(name, text) of each result: of a JSON list of {name, results}, else one text."""
    found = value
    if isinstance(value, str):
        try:
            found = read_json(value)
        except (ValueError, RecursionError):
            found = None
    if not isinstance(found, list) or not found or len(found) != len(waiting):
        return [(None, result_of(value))]
    return [_result(each) for each in found]


def _result(each: Any) -> tuple[str | None, str]:
    if isinstance(each, dict) and isinstance(each.get("name"), str) and len(each) == 2:
        rest = next(value for key, value in each.items() if key != "name")
        return fit_name(each["name"]), result_of(rest)
    return None, result_of(each)
