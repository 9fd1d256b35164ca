"""A domain's tasks as a suite: episodes with the scripted user, scored by replay. It knows no statistics."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from pydantic import ValidationError

from lamforge.domains import Domain, Task
from lamforge.errors import DataError
from lamforge.evaluate.rows import Row
from lamforge.evaluate.suite import Item, Play, Played, Score
from lamforge.evaluate.user_effort import UserEffort
from lamforge.messages import Message, Trajectory, Usage, content_id, derived_seed
from lamforge.pages import shortened
from lamforge.simulate import Agent, ScriptedUser, error_kind, reward, run_episode, verify

MakeAgent = Callable[[int], Agent]  # the agent of one episode, given its sampling seed
_BY_HAND = "written by hand"


class DomainSuite:
    """Tasks of a domain, each played against the scripted user.

    The trial's number gives the seeds of the user's wording and of the agent's sampling, the same on every machine.

    Args:
        held_out: The user speaks in words that no training conversation was written with.
    """

    play_version = 2

    def __init__(
        self, domain: Domain, tasks: Sequence[Task], *, seed: int, max_turns: int, held_out: bool = False
    ) -> None:
        self.domain = domain
        self._held_out = held_out
        self.tasks = {task.task_id: task for task in tasks}
        self._judged: dict[str, Trajectory] = {}
        self._seed = seed
        self.max_turns = max_turns

    def items(self) -> list[Item]:
        """The tasks as the runner sees them; all begin with the domain's policy and tools."""
        return [
            Item(task.task_id, content_id(task.as_dict()), str(task.provenance.get("shape", _BY_HAND)))
            for task in self.tasks.values()
        ]

    def player(self, make_agent: MakeAgent) -> Play:
        """Plays episodes with the agent that is made for each; raises as `run_episode` does."""

        async def play(task_id: str, trial: int) -> Played:
            task = self.tasks[task_id]
            words = derived_seed("wording", self._seed, task_id, trial)
            user = ScriptedUser(task, self.domain, seed=words, held_out=self._held_out)
            agent = TimedAgent(make_agent(derived_seed("sampling", self._seed, task_id, trial) % 2**31))
            trajectory = await run_episode(
                agent, user, self.domain, task, seed=self._seed, attempt=trial, max_turns=self.max_turns
            )
            return played(trajectory, agent.seconds)

        return play

    def idle_player(self, make_agent: MakeAgent) -> Play:
        """Plays baselines, which need no model."""
        return self.player(make_agent)

    def provenance(self, task_id: str) -> dict[str, Any]:
        """What a task's conversations say of themselves, so that none that measures models is learnt from."""
        return {"held_out": True} if self.tasks[task_id].split == "test" else {}

    def user_effort(self, rows: Sequence[Row]) -> UserEffort | None:
        """What models that play users took; there are none here."""
        return None

    def score(self, task_id: str, record: dict[str, Any]) -> Score:
        """The verdict of a replay, with the kind of error."""
        trajectory = self.trajectory(record)
        return score_trajectory(trajectory, self.tasks[task_id], self.seen(trajectory))

    def seen(self, trajectory: Trajectory) -> Domain:
        """The domain that an episode is looked at with once it is over."""
        return self.domain

    def trajectory(self, record: dict[str, Any]) -> Trajectory:
        """An episode, judged by today's rules, whatever the record says: the rows of one run may be of many days.

        Raises:
            DataError: if the record has another shape.
        """
        recorded = trajectory_of(record)
        if recorded.trajectory_id not in self._judged:
            self._judged[recorded.trajectory_id] = self.judged(recorded, self.tasks[recorded.task_id])
        return self._judged[recorded.trajectory_id]

    def judged(self, trajectory: Trajectory, task: Task) -> Trajectory:
        """The same episode with the verdict and the reward of a replay."""
        verdict = verify(trajectory.messages, task, self.domain)
        return trajectory.model_copy(update={"verdict": verdict, "reward": reward(verdict, trajectory.ended)})


def played(trajectory: Trajectory, seconds: list[float]) -> Played:
    """An episode as the journal keeps it."""
    usage = trajectory.usage
    return Played({"trajectory": trajectory.as_dict()}, seconds, usage.prompt_tokens, usage.completion_tokens)


def trajectory_of(record: dict[str, Any]) -> Trajectory:
    """Reads what `played` wrote.

    Raises:
        DataError: if the record has another shape.
    """
    try:
        return Trajectory.model_validate(record["trajectory"])
    except (KeyError, ValidationError) as error:
        remedy = "It was written by another version of lamforge; choose another output folder."
        raise DataError("is not a record of an episode", where="rows.jsonl", remedy=remedy) from error


def score_trajectory(trajectory: Trajectory, task: Task, domain: Domain) -> Score:
    """What an episode is worth. Nothing gets credit that it does not deserve here, so the sound score is the same."""
    passed = bool(trajectory.reward)
    kind = error_kind(trajectory, task, domain) or ""
    failed = [
        name for name in ("execution", "policy", "state", "outputs") if getattr(trajectory.verdict, name) is False
    ]
    return Score(
        passed=passed,
        sound=passed,
        kind=kind,
        error_type="" if passed else ",".join(failed) or trajectory.ended,
        message="" if passed else shortened("; ".join(trajectory.verdict.failures), 500, "details.jsonl"),
    )


class TimedAgent:
    """An agent with a watch."""

    def __init__(self, agent: Agent) -> None:
        self.name = agent.name
        self.seconds: list[float] = []
        self._agent = agent

    async def respond(self, messages: list[Message], tools: list[dict[str, Any]]) -> tuple[Message, Usage]:
        """See `lamforge.simulate.Agent`."""
        started = time.perf_counter()
        try:
            return await self._agent.respond(messages, tools)
        finally:
            self.seconds.append(round(time.perf_counter() - started, 6))
