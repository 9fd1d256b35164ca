"""Which tools a conversation offers, and which wishes none of them fulfils."""

from __future__ import annotations

import hashlib
import json
from functools import cache, lru_cache
from random import Random

from lamforge.generate.synthetic.making import make_tool
from lamforge.generate.synthetic.naming import style
from lamforge.generate.synthetic.phrases import pick
from lamforge.generate.synthetic.shares import Shares
from lamforge.generate.synthetic.tool import Tool
from lamforge.generate.synthetic.vocabulary import Concept, concepts

_LEAST = 300  # characters that are left for an exchange
_READING = frozenset("read search count list".split())
_VERBS = {  # first words of tools that do the same sort of thing
    "read": "get check find look show calculate compute work estimate convert search list lookup read determine "
    "compare predict see track count verify identify view recommend suggest",
    "create": "book reserve order buy rent hire schedule request create add register open make start plan arrange "
    "set apply enrol sign",
    "remove": "cancel delete remove close stop end drop unsubscribe clear",
    "change": "change update move reschedule adjust edit rename extend renew",
    "report": "report log record submit file",
    "send": "send share post message email forward notify invite",
}
_CLASSES = {verb: kind for kind, verbs in _VERBS.items() for verb in verbs.split()}
_COMMON = frozenset(
    "a an the of for to in on at with by and or number new my your two from into all date time price cost".split()
)


@cache
def _words(text: str) -> frozenset[str]:
    return frozenset(word.rstrip("s") for word in text.lower().replace("/", " ").split()) - _COMMON


def alike(one: Concept, other: Concept) -> bool:
    """Whether one could stand in for the other, so that it would not be clear which is meant."""
    if one is other:
        return True
    if one.noun and other.noun and one.field == other.field and one.topic == other.topic:
        return one.group == other.group or {one.group, other.group} <= _READING or "change" in (one.group, other.group)
    if _class(one) != _class(other):
        return False
    verbs = {one.names[0][0], other.names[0][0]}
    return bool((_words(one.topic) & _words(other.topic)) - verbs)


@cache
def _class(concept: Concept) -> str:
    verb = concept.group
    return "read" if verb in _READING else _CLASSES.get(verb, verb)


@lru_cache(maxsize=1)
def _all() -> tuple[Concept, ...]:
    return tuple(each for of in concepts().values() for each in of)


@lru_cache(maxsize=1)
def _fields() -> tuple[str, ...]:
    return tuple(concepts())


def identity(seed: int, what: object) -> str:
    """64 hexadecimal digits of something in the corpus of a seed."""
    return hashlib.sha256(f"synthetic {seed} {what}".encode()).hexdigest()


@lru_cache(maxsize=1)
def dealt(seed: int, number: int, shares: Shares) -> list[Tool]:
    """The tools that the records of deal `number` offer, all of them the same."""
    return fitting(Random(int(identity(seed, f"tools {number}")[:16], 16)), shares)


def fitting(rng: Random, shares: Shares) -> list[Tool]:
    """Tools that leave room for an exchange; none, for some conversations."""
    while True:
        tools = [] if rng.random() < shares.no_tools else offered(rng, shares)
        while len(tools) > 1 and room_beside(tools, shares) < _LEAST:
            tools = tools[:-1]
        if room_beside(tools, shares) >= _LEAST:
            return tools


def room_beside(tools: list[Tool], shares: Shares) -> int:
    """Characters that tools leave for messages."""
    return shares.max_chars - sum(len(json.dumps(tool.schema)) - 30 for tool in tools)


def offered(rng: Random, shares: Shares) -> list[Tool]:
    """Tools: some of one field, others of anywhere; no two that could stand in for each other."""
    if shares.max_tools == 1 or rng.random() < shares.one_tool:
        wanted = 1
    else:
        wanted = min(shares.max_tools, pick(rng, (2, 2, 2, 3, 3, 3, 4, 4, 5, 6, 7, 8)))
    home = concepts()[pick(rng, _fields())]
    near = 1.0 if rng.random() < 0.3 else 0.6
    chosen: list[Concept] = [pick(rng, home)]
    for _ in range(4 * wanted):
        if len(chosen) >= wanted:
            break
        each = pick(rng, home) if rng.random() < near else pick(rng, _all())
        if not any(alike(each, other) for other in chosen):
            chosen.append(each)
    rng.shuffle(chosen)
    return made(rng, chosen, shares)


def made(rng: Random, chosen: list[Concept], shares: Shares) -> list[Tool]:
    """The concepts as tools in one style, with names that differ."""
    written = style(rng, rng.random() < shares.made_up)
    tools: list[Tool] = []
    names: set[str] = set()
    for concept in chosen:
        tool = make_tool(rng, concept, written, lean=shares.lean, extra=shares.extra)
        if tool.name not in names:
            names.add(tool.name)
            tools.append(tool)
    return tools


def withheld(rng: Random, tools: list[Tool]) -> Tool | None:
    """A tool that is not offered and that none of the offered can stand in for; near to them most of the time."""
    near = concepts()[pick(rng, tools).concept.field] if tools and rng.random() < 0.65 else None
    for _ in range(8):
        each = pick(rng, near or _all())
        if not any(alike(each, tool.concept) for tool in tools):
            return make_tool(rng, each, style(rng, False))
        if rng.random() < 0.3:
            near = None
    return None
