"""Playing a suite's episodes: many at once, each result kept as soon as it is there. It knows no statistics."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from lamforge.domains import Domain, Task
from lamforge.errors import DataError
from lamforge.evaluate.queue import Progress, work_through
from lamforge.journal import Journal
from lamforge.messages import Message, Trajectory, Usage, derived_seed
from lamforge.simulate import Agent, ScriptedUser, run_episode

KEY = ("model", "task_id", "trial")

MakeAgent = Callable[[int], Agent]  # the agent of one episode, given its sampling seed


@dataclass(frozen=True)
class Episode:
    """One trial of one task, with how long it took."""

    task_id: str
    trial: int
    trajectory: Trajectory
    seconds: float
    reply_seconds: list[float]  # the time of each of the agent's messages

    def as_record(self, model: str) -> dict[str, Any]:
        """The episode as it stands in the journal."""
        return {"model": model, **vars(self), "trajectory": self.trajectory.as_dict()}

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> Episode:
        """Reads what `as_record` wrote.

        Raises:
            DataError: if the record has another shape.
        """
        try:
            values = {name: record[name] for name in ("task_id", "trial", "seconds", "reply_seconds")}
            return cls(trajectory=Trajectory.model_validate(record["trajectory"]), **values)
        except (KeyError, ValidationError) as error:
            remedy = "It was written by another version of lamforge; choose another output folder."
            raise DataError("is not a record of an episode", where="episodes.jsonl", remedy=remedy) from error


@dataclass(frozen=True)
class BrokenEpisode:
    """An episode without a result, because the engine failed twice. It is an error's state, never a wrong answer."""

    task_id: str
    trial: int
    error: str


@dataclass
class Suite:
    """What is played: every task `trials` times, against the scripted user.

    The trial's number gives the seeds of the user's wording and of the agent's sampling, the same on every machine.
    """

    domain: Domain
    tasks: list[Task]
    trials: int
    seed: int
    max_turns: int
    _by_id: dict[str, Task] = field(init=False)

    def __post_init__(self) -> None:
        self._by_id = {task.task_id: task for task in self.tasks}

    def planned(self) -> Iterator[tuple[str, int]]:
        """Every (task id, trial), the trials of one task together."""
        return ((task.task_id, trial) for task in self.tasks for trial in range(self.trials))

    def task(self, task_id: str) -> Task:
        """The task of that id."""
        return self._by_id[task_id]

    async def play(self, task_id: str, trial: int, make_agent: MakeAgent) -> Episode:
        """Plays one episode; raises as `run_episode` does."""
        task = self.task(task_id)
        user = ScriptedUser(task, self.domain, seed=derived_seed("wording", self.seed, task_id, trial))
        agent = _Timed(make_agent(derived_seed("sampling", self.seed, task_id, trial) % 2**31))
        started = time.perf_counter()
        trajectory = await run_episode(
            agent, user, self.domain, task, seed=self.seed, attempt=trial, max_turns=self.max_turns
        )
        return Episode(task_id, trial, trajectory, time.perf_counter() - started, agent.seconds)


class _Timed:
    """An agent with a watch."""

    def __init__(self, agent: Agent) -> None:
        self.name = agent.name
        self.seconds: list[float] = []
        self._agent = agent

    async def respond(self, messages: list[Message], tools: list[dict[str, Any]]) -> tuple[Message, Usage]:
        started = time.perf_counter()
        try:
            return await self._agent.respond(messages, tools)
        finally:
            self.seconds.append(round(time.perf_counter() - started, 6))


async def play_all(
    suite: Suite,
    make_agent: MakeAgent,
    *,
    model: str,
    journal: Journal,
    concurrency: int,
    progress: Progress | None = None,
) -> list[BrokenEpisode]:
    """Plays the episodes that the journal does not hold yet and appends them to it.

    Returns:
        The episodes that the engine broke, in the suite's order; the next call tries them again.
    Raises:
        DomainError, DataError: if the domain or a task is broken; the episodes finished by then are kept.
    """
    planned = list(suite.planned())

    async def work(key: tuple[str, int]) -> Episode:
        return await suite.play(*key, make_agent)

    try:
        broken = await work_through(
            planned,
            [key for key in planned if (model, *key) not in journal.keys],
            work,
            lambda key, episode: journal.append(episode.as_record(model)),
            concurrency=concurrency,
            progress=progress,
        )
    finally:
        journal.sync()
    return [BrokenEpisode(*key, error) for key, error in broken.items()]
