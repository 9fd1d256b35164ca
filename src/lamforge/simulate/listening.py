"""What a scripted user hears in an agent's words: that it asks for something, found nothing, or cannot do it."""

from __future__ import annotations

from itertools import dropwhile
from typing import Any

from lamforge.domains import Domain
from lamforge.domains.speech import is_identifier, mentions, sentences
from lamforge.domains.trace import scalars
from lamforge.domains.wording import Wording
from lamforge.simulate.script import Goal

_NOT_FOUND = (
    "not found",
    "could not find",
    "couldn't find",
    "cannot find",
    "can't find",
    "no such",
    "unknown",
    "check the",
    "check your",
    "check and",
    "check again",
    "double-check",
)
_DECLINES = ("can't", "cannot", "can not", "unable", "not possible", "impossible", "not available", "unfortunately")
_REQUEST = ("?", "please", "need your", "need the", "provide")


def finds_nothing(text: str) -> bool:
    """Whether an agent says that it did not find what it was told."""
    return any(phrase in text.lower() for phrase in _NOT_FOUND)


def declines(text: str) -> bool:
    """Whether an agent says that it cannot do something."""
    return any(phrase in text.lower() for phrase in _DECLINES)


def asked_for(text: str, known: dict[str, Any], wording: Wording) -> dict[str, Any]:
    """Those of the known values that a text asks for by name; what it states before its first request asks for none."""
    said = sentences(text.lower())
    request = "".join(dropwhile(lambda each: not any(sign in each for sign in _REQUEST), said))
    return {n: v for n, v in known.items() if any(mentions(request, noun) for noun in wording.nouns(n))}


def means_oneself(text: str, name: str, wording: Wording) -> bool:
    """Whether a text asks the user for its own name, say, and not for that of somebody else."""
    return any(mentions(text, f"your {noun}") for noun in wording.nouns(name))


def deals_with(text: str, goal: Goal, answers: list[str]) -> bool:
    """Whether an agent speaks of a goal that was told with others; `answers` are those to the user's questions."""
    if goal.question is not None and answers:
        return all(mentions(text, answer) for answer in answers)
    return all(mentions(text, value) for value in scalars(goal.arguments) if is_identifier(value))


def contradicts(text: str, tool: str, values: dict[str, Any], domain: Domain) -> bool:
    """Whether a summary of a request leaves out an identifier of it, or has another choice than the user's."""
    declared = domain.tool(tool)
    properties = declared.parameters.get("properties", {}) if declared else {}
    for name, value in values.items():
        for element in value if isinstance(value, list) else [value]:
            if is_identifier(element) and not mentions(text, element):
                return True
        others = [other for other in properties.get(name, {}).get("enum", ()) if other != value]
        if any(mentions(text, other) for other in others) and not mentions(text, value):
            return True
    return False
