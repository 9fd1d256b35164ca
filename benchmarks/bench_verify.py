"""Milliseconds to verify one conversation: replay, policy, state and outputs.

Floor in the same run: the same verification on environments that are read and hashed whole (see whole_state.py), which
must give the same verdicts. tau-bench, measured elsewhere, takes 175 ms for a retail conversation.
"""

from __future__ import annotations

import statistics
import time
from unittest.mock import patch

from bench_episodes import recorded
from whole_state import whole_environment

from lamforge.domains import Domain, Task, load_domain
from lamforge.messages import Trajectory, Verdict
from lamforge.simulate import verify

TAU_BENCH = 175.0  # ms
CONVERSATIONS, REPEATS = 60, 5


def measure(domain: Domain, pairs: list[tuple[Task, Trajectory]]) -> tuple[float, list[Verdict]]:
    """(median ms for one conversation, the verdicts)"""
    times, verdicts = [], []
    for _ in range(REPEATS):
        started = time.perf_counter()
        verdicts = [verify(trajectory.messages, task, domain) for task, trajectory in pairs]
        times.append((time.perf_counter() - started) / len(pairs) * 1000)
    return statistics.median(times), verdicts


if __name__ == "__main__":
    store = load_domain("store")
    conversations = recorded(store, CONVERSATIONS)
    own, verdicts = measure(store, conversations)
    with patch.object(Domain, "environment", whole_environment):
        floor, same = measure(store, conversations[:10])
    assert verdicts[:10] == same
    print(f"verify: {own:.2f} ms a conversation, read and hashed whole {floor:.0f} ms: {floor / own:.0f}x in this run")
    print(
        f"        {TAU_BENCH / own:.0f}x the {TAU_BENCH:.0f} ms measured for tau-bench retail (another run; goal 50x)"
    )
