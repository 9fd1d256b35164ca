"""Tokens per second under a grammar, relative to the same engine without one.

The model has random weights and a vocabulary of 32,000 tokens; what it writes is noise, and how fast it writes is not.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.tiny_gguf import write_tiny_gguf

from lamforge.engines import open_model

TOKENS, REPEATS = 300, 9
TEXT = {"type": "string", "minLength": 4000, "maxLength": 8000}
SCHEMA = {"type": "object", "properties": {"text": TEXT, "n": {"type": "integer"}}, "required": ["text", "n"]}
TOOL = {"type": "function", "function": {"name": "note", "description": "Note a text.", "parameters": SCHEMA}}
HELLO = [{"role": "user", "content": "Note something long."}]


async def rate(model: Any, tool_choice: str) -> float:
    """Tokens per second after the first piece; the prompt is the same in either case."""
    first = 0.0
    async for delta in model.chat(
        HELLO, tools=[TOOL], tool_choice=tool_choice, max_tokens=TOKENS, temperature=1.0, seed=1
    ):
        first = first or time.perf_counter()
        if "usage" in delta:
            return float(delta["usage"]["completion_tokens"] / (time.perf_counter() - first))
    raise AssertionError("the stream has no end")


async def measure(path: Path) -> tuple[list[float], list[float]]:
    """Tokens per second free and constrained, in turns."""
    free = open_model(str(path), constrained=False, slots=1)
    bound = open_model(str(path), slots=1)
    rates: tuple[list[float], list[float]] = ([], [])
    try:
        for _ in range(REPEATS + 1):
            rates[0].append(await rate(free, "auto"))
            rates[1].append(await rate(bound, "required"))
    finally:
        await free.aclose()
        await bound.aclose()
    return rates[0][1:], rates[1][1:]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        path = write_tiny_gguf(Path(folder) / "model.gguf", width=512, layers=8, more_tokens=32_000)
        free, bound = asyncio.run(measure(path))
    ratio = statistics.median(b / f for b, f in zip(bound, free, strict=True))
    print(
        f"constrained: {statistics.median(bound):.0f} tokens/s, free {statistics.median(free):.0f}: "
        f"{ratio:.3f} (goal at least 0.97)"
    )
