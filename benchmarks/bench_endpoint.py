"""How much of an endpoint the client makes use of: a server that answers after 50 ms, 30 requests in flight.

Ideal is 30 / 0.05 s = 600 requests a second. The tau2 harness, measured elsewhere, reaches 2.5 % of such an ideal. The
server is a process of its own; `adaptive` lets the client find out by itself that 30 is what the server takes.
"""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.stub_openai import StubServer

from lamforge.engines.client import Client
from lamforge.engines.endpoint import EndpointModel
from lamforge.engines.traffic import Traffic

LATENCY, IN_FLIGHT, REQUESTS, REPEATS = 0.05, 30, 4000, 5
IDEAL = IN_FLIGHT / LATENCY
MESSAGES = [{"role": "system", "content": "A policy. " * 200}, {"role": "user", "content": "hello"}]


def serve() -> None:
    """What the child process does, until its stdin closes."""
    answer = {"content": "How can I help you today?"}
    with StubServer(lambda body: answer, latency=LATENCY, most=IN_FLIGHT, retry_after="0.05") as server:
        print(server.url, flush=True)
        sys.stdin.read()


@contextmanager
def served() -> Iterator[str]:
    child = subprocess.Popen(
        [sys.executable, __file__, "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdin and child.stdout
    try:
        yield child.stdout.readline().strip()
    finally:
        child.stdin.close()
        child.wait()


async def rate(url: str, traffic: Traffic, workers: int) -> tuple[float, float]:
    """Requests a second, and seconds of processor time for one."""
    base, _, name = url.partition("#model=")
    client = Client(EndpointModel(base, model=name), "agent", traffic=traffic)
    waiting = iter(range(REQUESTS))

    async def work() -> None:
        for number in waiting:
            await client.ask(MESSAGES, max_tokens=64, seed=number)

    started, used = time.perf_counter(), time.process_time()
    await asyncio.gather(*(work() for _ in range(workers)))
    seconds, cpu = time.perf_counter() - started, time.process_time() - used
    await client.model.aclose()
    return REQUESTS / seconds, cpu / REQUESTS


def main() -> None:
    with served() as url:
        fixed = [asyncio.run(rate(url, Traffic(IN_FLIGHT), IN_FLIGHT)) for _ in range(REPEATS)]
        adaptive = [asyncio.run(rate(url, Traffic(256), 256))[0] for _ in range(REPEATS)]
    share = statistics.median(each for each, _ in fixed) / IDEAL
    cpu = statistics.median(each for _, each in fixed) * 1000
    print(f"endpoint of {LATENCY * 1000:.0f} ms, {IN_FLIGHT} in flight: {share:.0%} of ideal (goal 90 %)")
    print(f"processor time of a request: {cpu:.2f} ms")
    print(f"adaptive, from the first request on: {statistics.median(adaptive) / IDEAL:.0%} of ideal")


if __name__ == "__main__":
    serve() if sys.argv[1:] == ["serve"] else main()
