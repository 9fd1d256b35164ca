"""Mistakes of a simulated user, found by rule: an episode that has one says nothing about the agent."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from lamforge.domains import Domain, Task
from lamforge.domains.speech import asks_for_something, asks_to_confirm, is_identifier, mentions, words
from lamforge.messages import Message

_TOKEN = re.compile(r"[#A-Za-z0-9][A-Za-z0-9@._:/+-]*")  # what may be an id, a number, an address
_COPIED = 12  # words in a row from the instruction that nobody says by chance
_ROLE = (
    "<intent>",
    "my instructions",
    "the instructions say",
    "as an ai",
    "language model",
    "service desk:",
    "roleplay",
)


class Fault(NamedTuple):
    """One mistake."""

    kind: Literal["invented", "early_stop", "leaked"]
    detail: str


def find_faults(text: str, messages: list[Message], task: Task, domain: Domain, *, leaves: bool) -> list[Fault]:
    """What is wrong with a user's message.

    `invented`: an id, number or address that neither the task nor the agent has named; `leaked`: a dozen words in a row
    of the instruction, a tool's name, or talk about the part itself; `early_stop`: the user leaves before it has asked
    for anything, or while the agent waits for its answer.

    Args:
        messages: The conversation before it.
        leaves: Whether the message ends the conversation.
    """
    if leaves:
        return _early(messages)
    found = [Fault("leaked", phrase) for phrase in _leaks(text, task, domain)]
    known = " ".join([task.instruction, task.persona, str(task.script or ""), *_heard(messages)])
    tokens = [token.rstrip(".:") for token in _TOKEN.findall(text)]
    invented = [token for token in tokens if is_identifier(token) and not mentions(known, token)]
    return found + [Fault("invented", token) for token in invented if not _small(token)]


def _early(messages: list[Message]) -> list[Fault]:
    last = messages[-1]
    if last.role != "assistant":
        return [Fault("early_stop", "left without a word")]
    if asks_to_confirm(last.content or ""):
        return [Fault("early_stop", "left while it was asked to confirm")]
    if asks_for_something(last.content or ""):
        return [Fault("early_stop", "left while it was asked for something")]
    return []


def _leaks(text: str, task: Task, domain: Domain) -> list[str]:
    lowered = text.lower()
    found = [phrase for phrase in _ROLE if phrase in lowered]
    found += [name for name in domain.tool_names if "_" in name and name in lowered]
    said, intent = words(text), " ".join(words(task.instruction))
    for place in range(len(said) - _COPIED + 1):
        if (copied := " ".join(said[place : place + _COPIED])) in intent:
            return [*found, copied]
    return found


def _small(token: str) -> bool:
    """Whether a number is one that people count with, such as "2" or "1st"; it names nothing."""
    digits = re.match(r"\d{1,2}(st|nd|rd|th)?[.:]?$", token)
    return digits is not None


def _heard(messages: list[Message]) -> list[str]:
    """What was said aloud so far; the user sees neither the policy nor results of tools."""
    return [m.content for m in messages if m.role in ("user", "assistant") and m.content]
