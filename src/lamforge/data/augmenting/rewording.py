"""Descriptions in other words, from tables; what is quoted, and every number and name, stays as it is."""

from __future__ import annotations

import random
import re
from typing import Any

from lamforge.data.augmenting.tables import table
from lamforge.messages import Trajectory
from lamforge.tools import bare

_QUOTED = re.compile(r"(\"[^\"]*\"|'[^'\s][^']*'|`[^`]*`)")


def reworded(trajectory: Trajectory, rng: random.Random) -> Trajectory | None:
    """The conversation with its tools described otherwise; None if the tables know nothing for any of them."""
    tools = [_tool(tool, rng) for tool in trajectory.tools]
    return trajectory.model_copy(update={"tools": tools}) if tools != trajectory.tools else None


def first_task(description: str) -> str | None:
    """What a tool does, to stand behind "to": "cancel an order"; None if its description does not begin so."""
    sentence = re.split(r"(?<=[.!?])\s|\n|:|;| \(", description.strip(), maxsplit=1)[0].rstrip(".!? ")
    begun = _begun(sentence)
    return f"{begun.lower()}{sentence[len(begun) :]}" if begun and 1 < len(sentence.split()) <= _TASK else None


_TASK = 14  # words of a task that fits into a sentence


def _tool(tool: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    function = dict(bare(tool))
    if isinstance(function.get("description"), str):
        function["description"] = _framed(_verbs(function["description"], rng), rng)
    parameters = function.get("parameters")
    if isinstance(parameters, dict) and isinstance(parameters.get("properties"), dict):
        properties = {name: _schema(schema, rng) for name, schema in parameters["properties"].items()}
        function["parameters"] = {**parameters, "properties": properties}
    return {**tool, "function": function} if "function" in tool else function


def _schema(schema: Any, rng: random.Random) -> Any:
    if isinstance(schema, dict) and isinstance(schema.get("description"), str):
        return {**schema, "description": _phrased(schema["description"], rng)}
    return schema


def _begun(text: str) -> str | None:
    """The verb of the table that a text begins with, the longest one."""
    verbs = sorted(table("descriptions")["verbs"], key=len, reverse=True)
    return next((verb for verb in verbs if re.match(rf"{verb}\b(?!-)", text)), None)


def _verbs(text: str, rng: random.Random) -> str:
    verb = _begun(text)
    if verb is not None:
        others = table("descriptions")["verbs"][verb]
        text = rng.choice([*others, verb]) + text[len(verb) :]
    return _phrased(text, rng)


def _framed(text: str, rng: random.Random) -> str:
    verb = _begun(text)
    if verb is None or rng.random() < 0.5:
        return text
    frame: str = rng.choice(table("descriptions")["frames"])
    return frame.replace("{rest}", text[0].lower() + text[1:])


def _phrased(text: str, rng: random.Random) -> str:
    """The text with some phrases of the table swapped, outside of quotes."""
    pieces = _QUOTED.split(text)
    for one, other in table("descriptions")["phrases"]:
        if rng.random() < 0.5:
            swap = {one: other, other: one}
            either = re.compile(rf"\b(?:{re.escape(one)}|{re.escape(other)})\b")
            pieces[::2] = [either.sub(lambda found, swap=swap: swap[found[0]], piece) for piece in pieces[::2]]
    return "".join(pieces)
