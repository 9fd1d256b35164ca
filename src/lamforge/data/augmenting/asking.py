"""Conversations in which asking is right, for the user has not said a value that the call requires."""

from __future__ import annotations

import random
import re
from typing import Any

from lamforge.data.augmenting.refusing import ended
from lamforge.data.augmenting.tables import table
from lamforge.grounding import Text, leaves, split_name
from lamforge.messages import Message, ToolCall, Trajectory
from lamforge.tools import bare

_BEFORE = (  # what goes with a value: "with the id W1", "in Lyon", "on 5 May"
    r"(?:[\s,]{1,3}(?:with|for|from|to|in|at|on|of|by|under|about|using|near|after|before|until|till|through))?"
    r"(?:\s{1,3}(?:the|my|a|an))?(?:\s{1,3}(?:id|ids|number|no|code|name|named|called|address|email|date|of|is)){0,4}"
    r"\s{0,3}[:#]?\s{0,3}[\"'“(]?"
)
_OWNED = frozenset("my the a an this that our your his her their one some another".split())
_LOOSE = frozenset(  # words that a sentence cannot end with, nor a value be missing behind
    "with for from to in at on of by under about using near after before until till and or the my a an is are be was "
    "named called than as between into number id am live lives living stay staying go going come coming it "
    "there".split()
)
_FEWEST = 4  # words that must be left
_WORD = re.compile(r"[\w'’-]+")


def asking(trajectory: Trajectory, rng: random.Random) -> Trajectory | None:
    """The conversation up to its first call, whose value the user leaves out, and a question in place of the call.

    None if there is no required value that stands once in the user's one message, that nothing else tells, and without
    which the message is still a sentence.
    """
    place = next((n for n, message in enumerate(trajectory.messages) if message.tool_calls), None)
    if (
        place is None
        or trajectory.messages[place].weight == 0
        or [message.role for message in trajectory.messages[:place]][-1:] != ["user"]
    ):
        return None
    before, calls = trajectory.messages[:place], trajectory.messages[place].tool_calls or []
    if len(calls) != 1 or sum(message.role == "user" for message in before) != 1:
        return None
    tool = next((bare(t) for t in trajectory.tools if bare(t).get("name") == calls[0].function.name), None)
    candidates = _values(tool, calls[0]) if tool is not None else []
    rng.shuffle(candidates)
    for name, value, properties in candidates:
        said = _without(before[-1].content or "", value)
        if said is not None and _is_missing(before, said, name, calls[0], properties):
            question: str = rng.choice(table("replies")["questions"])
            asked = Message(role="assistant", content=question.replace("{value}", _noun(name)))
            return ended(trajectory, [*before[:-1], Message(role="user", content=said), asked])
    return None


def _values(tool: dict[str, Any], call: ToolCall) -> list[tuple[str, str, dict[str, Any]]]:
    """(parameter, its value as text, all parameters' schemas) of each required value that is not chosen from a list."""
    parameters = tool.get("parameters") or {}
    properties = parameters.get("properties")
    if not isinstance(properties, dict):
        return []
    found = []
    for name in parameters.get("required") or ():
        schema, value = properties.get(name), call.function.arguments.get(name)
        free = isinstance(schema, dict) and not {"enum", "const", "default"} & set(schema)
        if free and isinstance(value, str | int | float) and not isinstance(value, bool) and str(value).strip():
            found.append((name, str(value), properties))
    return found


def _without(text: str, value: str) -> str | None:
    """The text without a value and the words that go with it; None if it is no sentence any more."""
    exact = re.compile(rf"(?<![\w]){re.escape(value)}(?![\w])[\"'”)]?", re.IGNORECASE)
    if len(exact.findall(text)) != 1:
        return None
    led = re.search(_BEFORE + exact.pattern, text, re.IGNORECASE)
    if led is None:
        return None
    head, tail = text[: led.start()], text[led.end() :]
    words = _WORD.findall(head.lower())
    introduced = bool(_WORD.findall(led[0].lower().replace(value.lower(), "", 1)))
    owned = len(words) > 1 and words[-2] in _OWNED
    if not words or words[-1] in _LOOSE or not (introduced or owned):
        return None
    if tail[:1].isalnum() or tail[:1] in ("'", "’", "-", "/"):
        return None
    said = re.sub(r"\s+([.,;!?])", r"\1", f"{head}{tail}").strip()
    return said if len(_WORD.findall(said)) >= _FEWEST and not re.search(r"[,;:]\s*[.,;!?]", said) else None


def _is_missing(before: list[Message], said: str, missing: str, call: ToolCall, properties: dict[str, Any]) -> bool:
    """Whether nothing tells the value any more, and all others are still told."""
    heard = Text("\n".join([*(message.content or "" for message in before[:-1]), said]))
    for path, name, value, schema in leaves(call.function.arguments, properties):
        known = heard.source(value, name, schema) is not None or value in (schema.get("enum") or ())
        if known == (path == missing):
            return False
    return True


def _noun(name: str) -> str:
    """A parameter as people name it: "the order id"."""
    return f"the {' '.join(split_name(name)) or name}"
