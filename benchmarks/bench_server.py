"""The server beside the bare engine: time to the first token, and tokens per second with four clients.

Both run the same file with the same settings, in turns: the bare engine is llama.cpp's own server in our child process,
asked with the prompt as text. Warm is a second turn, whose prompt begins with the first one's.
"""

from __future__ import annotations

import asyncio
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.tiny_gguf import write_tiny_gguf

from lamforge.engines.process import LlamaProcess
from lamforge.formats import get_format

CLIENTS, TOKENS, REPEATS, CONTEXT = 4, 150, 7, 4096
SEED = 1  # a model whose answers do not begin with "<", which both servers hold back: it could be a stop word
SETTINGS = {"n_predict": TOKENS, "temperature": 0.0, "cache_prompt": True, "stream": True}
SETTINGS |= {"top_k": 0, "top_p": 1.0, "min_p": 0.0, "stop": ["<|im_end|>", "<|endoftext|>"]}


def conversation(number: int, turns: int) -> list[dict[str, str]]:
    """A conversation that begins unlike all others."""
    words = {"role": "user", "content": f"conversation {number}: " + "words that take a while to read " * 40}
    return [words, {"role": "assistant", "content": "Go on."}, {"role": "user", "content": "Next."}][
        : 1 + 2 * (turns - 1)
    ]


class Bare:
    """The engine alone."""

    def __init__(self, process: LlamaProcess) -> None:
        self._url, self._headers = process.address(), {"Authorization": f"Bearer {process.key}"}
        self._format = get_format("xlam-qwen/always")

    def request(self, messages: list[dict[str, str]]) -> tuple[str, dict[str, Any], dict[str, str]]:
        prompt = self._format.render(messages, add_generation_prompt=True)
        return f"{self._url}/completion", {"prompt": prompt, **SETTINGS}, self._headers


class Served:
    """`lamforge serve`."""

    def __init__(self, url: str) -> None:
        self._url = f"{url}/v1/chat/completions"

    def request(self, messages: list[dict[str, str]]) -> tuple[str, dict[str, Any], dict[str, str]]:
        return self._url, {"messages": messages, "max_tokens": TOKENS, "stream": True}, {}


async def answer(client: httpx.AsyncClient, side: Any, messages: list[dict[str, str]]) -> tuple[float, float]:
    """Seconds to the first piece of text, and to the end."""
    url, body, headers = side.request(messages)
    started = time.perf_counter()
    first = 0.0
    async with client.stream("POST", url, json=body, headers=headers) as response:
        async for line in response.aiter_lines():
            if not first and line.startswith("data: {"):
                event = json.loads(line[6:])
                text = event.get("content") or any(c["delta"].get("content") for c in event.get("choices", ()))
                first = time.perf_counter() - started if text else 0.0
    return first, time.perf_counter() - started


async def measure(sides: list[Any]) -> list[dict[str, float]]:
    """Median cold and warm seconds to the first token, and tokens per second of all clients together, for each side."""
    times: list[dict[str, list[float]]] = [{"cold": [], "warm": [], "rate": []} for _ in sides]
    fresh = httpx.Limits(max_keepalive_connections=0)  # the bare engine closes idle connections when it likes
    async with httpx.AsyncClient(timeout=300, limits=fresh) as client:
        for repeat in range(REPEATS + 1):
            for found, side in zip(times, sides, strict=True):
                cold, _ = await answer(client, side, conversation(repeat, 1))
                warm, _ = await answer(client, side, conversation(repeat, 2))
                started = time.perf_counter()
                crowd = [answer(client, side, conversation(1000 + repeat * CLIENTS + n, 1)) for n in range(CLIENTS)]
                await asyncio.gather(*crowd)
                rate = CLIENTS * TOKENS / (time.perf_counter() - started)
                for name, value in (("cold", cold), ("warm", warm), ("rate", rate)):
                    found[name] += [value] * (repeat > 0)
    return [{name: statistics.median(values) for name, values in found.items()} for found in times]


@contextmanager
def serving(path: Path) -> Iterator[str]:
    """A server's URL."""
    command = [sys.executable, "-m", "lamforge", "serve", str(path), "--port", "0", "--slots", str(CLIENTS)]
    process = subprocess.Popen([*command, "--context", str(CONTEXT)], stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        for line in process.stderr:
            if found := re.search(r"http://\S+:\d+", line):
                yield found.group()
                break
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        path = write_tiny_gguf(Path(folder) / "model.gguf", width=512, layers=8, context=CONTEXT, seed=SEED)
        process = LlamaProcess(path, context=CONTEXT, slots=CLIENTS, threads=1)
        with serving(path) as url:
            bare, served = asyncio.run(measure([Bare(process), Served(url)]))
        process.close()
    print(f"server: first token {served['cold'] * 1e3:.0f} ms, bare engine {bare['cold'] * 1e3:.0f} ms: ", end="")
    print(f"{served['cold'] / bare['cold']:.3f} (goal at most 1.05)")
    print(f"        {served['rate']:.0f} tokens/s at {CLIENTS} clients, bare {bare['rate']:.0f}: ", end="")
    print(f"{served['rate'] / bare['rate']:.3f} (goal at least 0.97)")
    print(f"        second turn's first token {served['warm'] * 1e3:.1f} ms: ", end="")
    print(f"{served['warm'] / served['cold']:.3f} of the first's (goal at most 0.1)")
