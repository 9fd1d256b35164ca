"""Episodes per second with an instant agent that plays real conversations, in one process, verification included.

Floor in the same run: the same episodes on environments that are read and hashed whole (see whole_state.py). The tau2
harness, measured elsewhere on two cores with a model that answers at once, plays 3.1 episodes a second.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any
from unittest.mock import patch

from whole_state import whole_environment

from lamforge.domains import Domain, Task, load_domain, load_tasks
from lamforge.generate import generate_multi
from lamforge.messages import Message, Trajectory, Usage
from lamforge.simulate import ScriptedUser, run_episode

TAU2 = 3.1  # episodes a second
EPISODES, REPEATS = 60, 5


class Recorded:
    """Answers at once with what the agent said in a recorded conversation."""

    name = "recorded"

    def __init__(self, trajectory: Trajectory) -> None:
        self._answers = iter([m.model_copy(deep=True) for m in trajectory.messages if m.role == "assistant"])

    async def respond(self, messages: list[Message], tools: list[dict[str, Any]]) -> tuple[Message, Usage]:
        return next(self._answers, Message(role="assistant", content="Anything else?")), Usage()


async def play(domain: Domain, pairs: list[tuple[Task, Trajectory]]) -> int:
    """Plays all; returns how many were solved."""
    solved = 0
    for task, trajectory in pairs:
        user = ScriptedUser(task, domain, seed=trajectory.seed)
        solved += (await run_episode(Recorded(trajectory), user, domain, task, seed=0)).reward
    return solved


def rate(domain: Domain, pairs: list[tuple[Task, Trajectory]]) -> float:
    """Median episodes a second."""
    rates = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        assert asyncio.run(play(domain, pairs)) == len(pairs)
        rates.append(len(pairs) / (time.perf_counter() - started))
    return statistics.median(rates)


def recorded(domain: Domain, count: int) -> list[tuple[Task, Trajectory]]:
    """Tasks with their verified conversations."""
    with tempfile.TemporaryDirectory() as folder:
        generate_multi(domain, Path(folder), tasks=count, test_tasks=0, seed=1)
        tasks = load_tasks(Path(folder) / "tasks-train.jsonl")
        lines = (Path(folder) / "trajectories.jsonl").read_text(encoding="utf-8").splitlines()
    return list(zip(tasks, map(Trajectory.model_validate_json, lines), strict=True))


if __name__ == "__main__":
    store = load_domain("store")
    conversations = recorded(store, EPISODES)
    own = rate(store, conversations)
    with patch.object(Domain, "environment", whole_environment):
        floor = rate(store, conversations[:10])
    print(f"episodes: {own:.0f}/s, read and hashed whole {floor:.1f}/s: {own / floor:.0f}x in this run")
    print(f"          {own / TAU2:.0f}x the {TAU2}/s measured for the tau2 harness (another run; goal 30x)")
