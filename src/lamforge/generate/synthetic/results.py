"""What a tool gives back, and the one sentence that tells the person of it."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from lamforge.generate.synthetic.kinds import enum_slot, slot
from lamforge.generate.synthetic.phrases import pick
from lamforge.generate.synthetic.speaker import LANGUAGE, sentences
from lamforge.generate.synthetic.telling import Given
from lamforge.generate.synthetic.tool import Tool

_READS = frozenset(
    "read search count get check find look show calculate compute work estimate convert list determine compare".split()
)


def result(rng: Random, tool: Tool, given: list[Given], failures: float) -> dict[str, Any]:
    """A small object: what the tool gives, at times with an argument repeated."""
    if rng.random() < failures:
        return {"error": LANGUAGE.say(rng, "error")}
    found: dict[str, Any] = {}
    if given and rng.random() < 0.25:
        echoed = pick(rng, given)
        if isinstance(echoed.value, str | int | float):
            found[echoed.field.name] = echoed.value
    for name, kind in tool.concept.gives[: 1 + int(rng.random() * 3)]:
        if kind[0] in "?<":
            continue
        made = enum_slot(rng, kind[1:]) if kind[0] == "=" else slot(rng, kind, name.replace("_", " "))
        words = name
        for old, new in tool.nouns:
            words = words.replace(old.replace(" ", "_"), new)
        found[words] = made.draw(rng)[1]
    return found or {"status": "ok"}


def fact(rng: Random, found: dict[str, Any]) -> str:
    """What a result says, in words."""
    shown = [(name, value) for name, value in found.items() if not isinstance(value, dict)]
    if len(shown) > 2:
        shown = shown[-2:]
    return " and ".join(
        LANGUAGE.say(rng, _rule(name), {"w": name.replace("_", " "), "v": as_text(value)}) for name, value in shown
    )


def _rule(name: str) -> str:
    return "facts" if name.endswith("s") and not name.endswith(("ss", "us", "is", "gas")) else "fact"


def as_text(value: Any) -> str:
    """A value of a result as the assistant writes it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(as_text(each) for each in value)
    return value if isinstance(value, str) else json.dumps(value)


def answer(rng: Random, tool: Tool, found: list[dict[str, Any]]) -> str:
    """What the assistant says once the results are there."""
    errors = [each["error"] for each in found if "error" in each]
    good = [each for each in found if "error" not in each]
    said = []
    if good:
        facts = "; ".join(fact(rng, each) for each in good)
        rule = "found" if tool.concept.group in _READS else "done"
        said.append(LANGUAGE.say(rng, rule, {"f": facts}))
    if errors:
        said.append(LANGUAGE.say(rng, "failed", {"e": "; ".join(errors)}))
    return sentences(" ".join(said)).replace("..", ".")
