"""Milliseconds to judge one of tau's conversations by replay, and of processor time to play one with an instant agent.

tau-bench itself, measured elsewhere, takes 175 ms to judge a retail conversation and 440 ms an airline one. Needs the
inspect-evals wheel (`lamforge eval tau` fetches it).
"""

from __future__ import annotations

import asyncio
import statistics
import time

from lamforge.domains import Task
from lamforge.evaluate.tau import (
    DOMAINS,
    TAU2,
    ReplayUser,
    TauDomain,
    fetched_wheel,
    judge,
    load_tau_domain,
    play,
    read_data,
)
from lamforge.messages import Function, Message, ToolCall, Usage

GOALS = {"retail": 4.0, "airline": 9.0}  # ms to judge a conversation
EPISODE = 10.0  # ms of processor time to play one


class Gold:
    """Makes a task's own calls, and says what must be said."""

    name = "gold"

    def __init__(self, task: Task) -> None:
        self._actions = iter(task.actions)
        self._words = " ".join(task.outputs) or "Done."

    async def respond(self, messages: list[Message], tools: list[object]) -> tuple[Message, Usage]:
        action = next(self._actions, None)
        if action is None:
            return Message(role="assistant", content=self._words), Usage()
        call = ToolCall(function=Function(name=action.name, arguments=action.arguments))
        return Message(role="assistant", tool_calls=[call]), Usage()


async def episodes(domain: TauDomain) -> list[list[Message]]:
    """The messages of every task, each played right."""
    played = []
    for task in domain.tasks:
        user = ReplayUser(["Hello.", "###STOP###"])
        trajectory = await play(Gold(task), user, domain, task, seed=0)
        assert trajectory.reward == 1
        played.append(trajectory.messages)
    return played


def main() -> None:
    """Prints a line for each domain; the first judgement of a task, which replays its own actions, is not counted."""
    for name in DOMAINS:
        domain = load_tau_domain(read_data(fetched_wheel(), name), TAU2)
        asyncio.run(episodes(domain))
        started = time.process_time()
        played = asyncio.run(episodes(domain))
        each = (time.process_time() - started) / len(played) * 1000
        times = []
        for task, messages in zip(domain.tasks, played, strict=True):
            begun = time.perf_counter()
            judge(messages, task, domain)
            times.append((time.perf_counter() - begun) * 1000)
        median = statistics.median(times)
        print(
            f"{name}: judged in {median:.2f} ms (goal {GOALS[name]}), played in {each:.2f} ms of CPU (goal {EPISODE})"
        )


if __name__ == "__main__":
    main()
