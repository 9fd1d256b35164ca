"""How quick a model answers on two cores: the first token after a long prompt, and tokens under a schema after it."""

from __future__ import annotations

import asyncio
import math
import os
import statistics
import time
from dataclasses import dataclass
from typing import Any

from lamforge.engines import collect, open_model

PROMPT_TOKENS, WRITTEN, CORES = 2000, 200, 2
_SENTENCE = (
    "Customers may return what they bought within {n} days, if it is unused and they have the receipt number {n}. "
)
_TEXT = {"type": "string", "minLength": 4000, "maxLength": 8000}  # so that no model is done before it was measured
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "write_note",
            "description": "Write a note into the customer's file.",
            "parameters": {"type": "object", "properties": {"text": _TEXT}, "required": ["text"]},
        },
    }
]


@dataclass(frozen=True)
class Speed:
    """Medians."""

    first_token_ms: float
    cached_first_token_ms: float  # the same system block as before, another question
    tokens_per_second: float
    prompt_tokens: int
    cores: int
    repeats: int


def measure_speed(spec: str, repeats: int) -> Speed:
    """Opens the model on two cores and measures it."""
    if hasattr(os, "sched_setaffinity"):  # the engine's process inherits it
        before = os.sched_getaffinity(0)
        os.sched_setaffinity(0, sorted(before)[:CORES])
    try:
        return asyncio.run(_measure(spec, repeats))
    finally:
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, before)


async def _measure(spec: str, repeats: int) -> Speed:
    model = open_model(spec, slots=1)
    try:
        sentences = await _sentences(model)
        cold, warm, rates, read = [], [], [], 0
        for number in range(repeats + 1):
            # policies differ from their first words on, so that nothing of a prompt is in the engine's cache
            seconds, read, _ = await _answer(model, _policy(number, sentences), f"Note {number}, please.", 1)
            again, _, _ = await _answer(model, _policy(number, sentences), "Another note, please.", 1)
            started = time.perf_counter()
            _, _, written = await _answer(model, _policy(number, 5), "Note something long.", WRITTEN)
            whole = time.perf_counter() - started
            short, _, one = await _answer(model, _policy(number, 5), "Note something long.", 1)
            if number:  # the first round warms the machine
                cold.append(1000 * seconds)
                warm.append(1000 * again)
                rates.append((written - one) / (whole - short))
        medians = (statistics.median(each) for each in (cold, warm, rates))
        return Speed(*medians, prompt_tokens=read, cores=_cores(), repeats=repeats)
    finally:
        await model.aclose()


async def _answer(model: Any, policy: str, question: str, tokens: int) -> tuple[float, int, int]:
    """(seconds, tokens read, tokens written) of one answer that is a call."""
    messages = [{"role": "system", "content": policy}, {"role": "user", "content": question}]
    started = time.perf_counter()
    stream = model.chat(messages, tools=TOOLS, tool_choice="required", max_tokens=tokens, temperature=1.0, seed=1)
    _, _, usage = await collect(stream)
    return time.perf_counter() - started, usage["prompt_tokens"], usage["completion_tokens"]


async def _sentences(model: Any) -> int:
    """How many sentences of a policy make a prompt of the wanted length."""
    sizes = [(await _answer(model, _policy(7, count), "Note 7, please.", 1))[1] for count in (2, 22)]
    return 2 + math.ceil((PROMPT_TOKENS - sizes[0]) / ((sizes[1] - sizes[0]) / 20))


def _policy(number: int, sentences: int) -> str:
    return f"Policy {number}{number}. " + "".join(
        _SENTENCE.format(n=100 + number + place) for place in range(sentences)
    )


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
