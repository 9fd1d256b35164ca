"""One record of the corpus: tools, one to six exchanges over them, and the proof that its calls are right."""

from __future__ import annotations

import json
from functools import lru_cache
from itertools import accumulate
from random import Random
from typing import Any

from lamforge.generate.synthetic import exchanges, several
from lamforge.generate.synthetic.exchanges import Call, Exchange
from lamforge.generate.synthetic.offer import dealt, fitting, identity, room_beside
from lamforge.generate.synthetic.phrases import pick
from lamforge.generate.synthetic.results import answer, result
from lamforge.generate.synthetic.shares import Kinds, Shares
from lamforge.generate.synthetic.speaker import LANGUAGE, Speaker, speaker
from lamforge.generate.synthetic.tool import Tool
from lamforge.generate.synthetic.wording import company
from lamforge.tools import ArgumentCheck

_TRIES = 8
_SAME = 3  # exchanges at most where there is one tool


def conversation(seed: int, number: int, shares: Shares) -> dict[str, Any]:
    """Record `number` of the corpus, as a trajectory's plain JSON; the same for the same arguments."""
    key = identity(seed, number)
    rng = Random(int(key[:16], 16))
    shared = _TRIES if shares.same_tools > 1 else 0
    made, tries = None, 0
    while made is None:  # what none of the shared tools can answer gets tools of its own
        tools = dealt(seed, number // shares.same_tools, shares) if tries < shared else fitting(rng, shares)
        made = _made(rng, tools, shares)
        tries += 1
    messages, kinds = made
    provenance = {"generator": "synthetic", "number": number, "kinds": kinds}
    return record(key, "synthetic", [tool.schema for tool in tools], messages, seed, provenance)


def record(
    key: str,
    domain: str,
    tools: list[dict[str, Any]],
    messages: list[dict[str, Any]],
    seed: int,
    provenance: dict[str, Any],
) -> dict[str, Any]:
    """A conversation that is right as it was composed, as a trajectory's plain JSON; `key` has at least 32 digits."""
    return {
        "schema": 1,
        "trajectory_id": key[:16],
        "task_id": key[16:32],
        "domain": domain,
        "tools": tools,
        "reward": 1,
        "verdict": {"format": True, "execution": None, "policy": None, "state": None, "outputs": None, "failures": []},
        "state_diff": [],
        "agent": "scripted",
        "user": "scripted",
        "seed": seed,
        "attempt": 0,
        "ended": "stop",
        "usage": {"prompt_tokens": 0, "completion_tokens": 0, "model_calls": 0},
        "provenance": provenance,
        "messages": messages,
    }


def _made(rng: Random, tools: list[Tool], shares: Shares) -> tuple[list[dict[str, Any]], list[str]] | None:
    """(messages, kinds of the exchanges), or None if the dice gave something that is not right or too long."""
    room = room_beside(tools, shares)
    who = speaker(rng)
    alone = rng.random() < shares.single_exchange
    wanted = 1 if alone else min(shares.max_exchanges, pick(rng, (1, 2, 2, 2, 3, 3, 4, 5, 6)))
    if len(tools) == 1:
        wanted = min(wanted, _SAME)
    messages: list[dict[str, Any]] = []
    if rng.random() < shares.system:
        messages.append({"role": "system", "content": LANGUAGE.say(rng, "system", {"c": company(rng)}).strip()})
        room -= len(messages[0]["content"])
    kinds: list[str] = []
    checks: dict[str, ArgumentCheck] = {}
    last: Call | None = None
    for number in range(wanted):
        exchange = _exchange(rng, tools, who, shares, last, number, checks)
        if exchange is None:
            break
        written = _written(rng, exchange, len(messages), shares, ended=alone)
        size = sum(len(str(each.get("content") or each.get("tool_calls"))) for each in written)
        if size > room:
            break
        room -= size
        messages += written
        kinds.append(exchange.kind)
        last = exchange.calls[0] if len(exchange.calls) == 1 else None
    return (messages, kinds) if kinds else None


@lru_cache(maxsize=8)
def _weights(kinds: Kinds) -> tuple[tuple[str, ...], tuple[float, ...]]:
    """(kinds, their weights, each with those before it)."""
    weights = kinds.model_dump()
    return tuple(weights), tuple(accumulate(weights.values()))


def _exchange(
    rng: Random,
    tools: list[Tool],
    who: Speaker,
    shares: Shares,
    last: Call | None,
    number: int,
    checks: dict[str, ArgumentCheck],
) -> Exchange | None:
    """An exchange that is right; none if the dice do not give one."""
    kinds, weights = _weights(shares.kinds)
    for _ in range(_TRIES):
        kind = rng.choices(kinds, cum_weights=weights)[0]
        if not tools:
            kind = "small_talk" if rng.random() < 0.4 else "irrelevant"
        found = _of_kind(rng, kind, tools, who, last, number)
        if found is not None and right(found, last, checks):
            return found
    return None


def _of_kind(
    rng: Random, kind: str, tools: list[Tool], who: Speaker, last: Call | None, number: int
) -> Exchange | None:
    if kind == "call":
        return exchanges.one_call(rng, tools, who, "simple" if len(tools) == 1 else "multiple")
    if kind == "follow_up":
        return several.follow_up(rng, last, who) if last is not None else None
    if kind == "small_talk":
        return exchanges.small_talk(rng, tools, who, number)
    make = {
        "parallel": several.parallel,
        "parallel_multiple": several.several_tools,
        "missing": exchanges.missing,
        "irrelevant": exchanges.irrelevant,
        "forced": exchanges.forced,
    }[kind]
    return make(rng, tools, who)


def right(exchange: Exchange, last: Call | None, checks: dict[str, ArgumentCheck]) -> bool:
    """Whether the calls fit their schemas, every value is said, and no two calls are the same."""
    said = "\n".join(user for user, _ in exchange.turns)
    before = {id(each) for each in last.given} if last is not None and exchange.kind == "follow_up" else set()
    seen = []
    for call in exchange.calls:
        arguments = call.arguments
        if arguments in seen and all(other.tool is call.tool for other in exchange.calls):
            return False
        seen.append(arguments)
        check = checks.get(call.tool.name)
        if check is None:
            check = checks[call.tool.name] = ArgumentCheck(call.tool.parameters)
        if not check.fits(arguments):
            return False
        if any(each.said not in said and id(each) not in before for each in call.given):
            return False
    return True


def _written(rng: Random, exchange: Exchange, place: int, shares: Shares, *, ended: bool) -> list[dict[str, Any]]:
    """The messages of an exchange; with `ended` nothing after the calls."""
    messages: list[dict[str, Any]] = []
    for user, reply in exchange.turns:
        messages.append({"role": "user", "content": user})
        if reply is not None:
            messages.append({"role": "assistant", "content": reply})
    if not exchange.calls:
        return messages
    ids = [f"call_{place}_{number}" for number in range(len(exchange.calls))]
    calls = [
        {"id": name, "type": "function", "function": {"name": call.tool.name, "arguments": call.arguments}}
        for name, call in zip(ids, exchange.calls, strict=True)
    ]
    messages.append({"role": "assistant", "tool_calls": calls})
    if ended:
        return messages
    found = [result(rng, call.tool, call.given, shares.failures) for call in exchange.calls]
    for name, call, each in zip(ids, exchange.calls, found, strict=True):
        messages.append(
            {
                "role": "tool",
                "tool_call_id": name,
                "name": call.tool.name,
                "content": json.dumps(each, ensure_ascii=False),
            }
        )
    messages.append({"role": "assistant", "content": answer(rng, exchange.calls[0].tool, found)})
    return messages
