"""tau on the runner that all suites share: which users speak, what the numbers depend on, and the official layout."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from lamforge.domains import Task
from lamforge.errors import UsageError
from lamforge.evaluate.domain import evaluate_episodes
from lamforge.evaluate.episodes import DomainSuite, MakeAgent, TimedAgent, played
from lamforge.evaluate.rows import Row
from lamforge.evaluate.runner import Options
from lamforge.evaluate.suite import Item, Play, Played, Score
from lamforge.evaluate.summary import Summary
from lamforge.evaluate.tau.data import TauData
from lamforge.evaluate.tau.environment import TauDomain
from lamforge.evaluate.tau.export import official_layout
from lamforge.evaluate.tau.judge import reward_of
from lamforge.evaluate.tau.play import play as play_task
from lamforge.evaluate.tau.players import Users
from lamforge.evaluate.tau.users import MakeUser, ModelUser, ReplayUser, TimedUser
from lamforge.evaluate.user_effort import UserEffort, user_effort
from lamforge.journal import write_atomically
from lamforge.messages import Trajectory, content_id, derived_seed
from lamforge.simulate.failures import has_unreadable_call

_USER = "user"  # in a record: what its user took
_EXPLANATION = (
    "A conversation is right when it came to its end, the environment is in the state that the task's own actions lead "
    "to, and the agent said what it had to. tau tests no rule of the policy. Trials of a task differ in the sampling "
    "seeds of the agent and of the simulated user."
)


class TauSuite(DomainSuite):
    """Tasks of one of tau's domains, each played by tau's rules."""

    domain: TauDomain

    def __init__(
        self, domain: TauDomain, tasks: Sequence[Task], users: Users, *, seed: int, max_turns: int | None = None
    ) -> None:
        super().__init__(domain, tasks, seed=seed, max_turns=max_turns or domain.book.max_turns)
        self._users = users

    def items(self) -> list[Item]:
        """The tasks, in groups of those that need nothing to be changed and the others."""
        return [
            Item(task.task_id, content_id(task.as_dict()), "something to do" if self._writes(task) else "nothing to do")
            for task in self.tasks.values()
        ]

    def player(self, make_agent: MakeAgent) -> Play:
        """Plays conversations with the agent that is made for each; raises as `play` does."""
        return self._player(make_agent, self._users.make)

    def idle_player(self, make_agent: MakeAgent) -> Play:
        """Plays baselines with a user that says one thing and leaves: what it says makes no difference to them."""
        play_one = self._player(make_agent, lambda task, trial, seed: ReplayUser([task.instruction]))
        kept: dict[str, Played] = {}

        async def play(task_id: str, trial: int) -> Played:
            """All trials of a task are the same."""
            if task_id not in kept:
                kept[task_id] = await play_one(task_id, 0)
            return kept[task_id]

        return play

    def provenance(self, task_id: str) -> dict[str, Any]:
        """Whose items they are; no model may learn from any."""
        return {"benchmark": "tau-bench" if self.domain.book.name == "v1" else "tau2-bench"}

    def score(self, task_id: str, record: dict[str, Any]) -> Score:
        """The official reward; the sound one gives nothing to a conversation with a call that cannot be read.

        A task that no conversation solves is left out of the sound one; see `unsatisfiable`.
        """
        score = super().score(task_id, record)
        if task_id in self.unsatisfiable:
            return replace(score, sound=None)
        return replace(score, sound=score.passed and not has_unreadable_call(self.trajectory(record)))

    def judged(self, trajectory: Trajectory, task: Task) -> Trajectory:
        """The same conversation with the verdict of tau's rules."""
        verdict = self.domain.verdict(trajectory.messages, task, trajectory.ended)
        return trajectory.model_copy(update={"verdict": verdict, "reward": reward_of(verdict, trajectory.ended)})

    @cached_property
    def unsatisfiable(self) -> dict[str, str]:
        """The tasks that not even their own actions and words solve, each with the reason."""
        reasons = ((task_id, self.domain.unsatisfiable(task)) for task_id, task in self.tasks.items())
        return {task_id: reason for task_id, reason in reasons if reason is not None}

    def user_effort(self, rows: Sequence[Row]) -> UserEffort | None:
        """What models that play users took."""
        return user_effort((row.record[_USER] for row in rows if _USER in row.record), self._users.price)

    def user_cost(self, row: Row) -> float | None:
        """What a model took for playing the user in one conversation; None if none played it."""
        spent = user_effort([row.record[_USER]], self._users.price) if _USER in row.record else None
        return spent.cost["total"] if spent else None

    def _player(self, make_agent: MakeAgent, make_user: MakeUser) -> Play:
        async def play_one(task_id: str, trial: int) -> Played:
            task = self.tasks[task_id]
            made = make_user(task, trial, derived_seed("user", self._seed, task_id, trial))
            user = TimedUser(made)
            agent = TimedAgent(make_agent(derived_seed("sampling", self._seed, task_id, trial) % 2**31))
            trajectory = await play_task(
                agent, user, self.domain, task, seed=self._seed, attempt=trial, max_turns=self.max_turns
            )
            done = played(trajectory, agent.seconds)
            if isinstance(made, ModelUser):
                done.record[_USER] = {**made.usage.model_dump(), "seconds": user.seconds}
            return done

        return play_one

    def _writes(self, task: Task) -> bool:
        return self.domain.expected_hash(task) != self.domain.environment_of(task).state_hash()


async def evaluate_tau(
    suite: TauSuite,
    data: TauData,
    users: Users,
    make_agent: MakeAgent,
    options: Options,
    *,
    split: str | None = None,
    seed: int = 0,
) -> Summary:
    """Scores an agent on tau and writes everything into the folder of the options.

    Besides what `evaluate_domain` leaves, the folder gets `official.json`, the conversations in the layout of the
    benchmark whose rules were played by, for its own tools to read.

    Args:
        options: Their identity is completed with what tau's numbers depend on.
        split: That the tasks are of; by default the one that the benchmark's scores are of.
    Raises:
        UsageError: if there is no task, or one that is judged by what lamforge cannot judge.
        As `run_suite` does.
    """
    if not suite.tasks:
        raise UsageError("there is no task to play", where=data.where)
    book = suite.domain.book
    identity = {
        "suite": f"tau {data.domain}",
        "rules": book.name,
        "layout": data.layout,
        "data_sha256": data.digest,
        "agent_prompt": content_id(suite.domain.policy, suite.domain.tools),
        "seed": seed,
        "max_turns": suite.max_turns,
        "user": users.declared,
    }
    options = replace(options, identity={**identity, **options.identity})
    name = f"tau {data.domain} ({book.name} rules)" + (f", split {split}" if split not in (None, data.whole) else "")
    about: dict[str, Any] = {"split": split or data.whole, "notes": notes_on(suite, data, users, split)}
    if suite.unsatisfiable:
        about["left_out_of_sound"] = suite.unsatisfiable
    summary, outcome = await evaluate_episodes(
        suite, make_agent, options, name, seed=seed, about=about, explanation=_EXPLANATION
    )
    answered = [suite.trajectory(row.record) for row in outcome.rows if row.state == "answered"]
    costs = {
        result.key: (result.cost, suite.user_cost(row))
        for row, result in zip(outcome.rows, outcome.results, strict=True)
    }
    layout = official_layout(answered, suite.domain, data, outcome.made, costs)
    write_atomically(options.out / "official.json", json.dumps(layout, indent=1) + "\n")
    return summary


def notes_on(suite: TauSuite, data: TauData, users: Users, split: str | None = None) -> list[str]:
    """What a reader of the numbers has to know.

    Raises:
        UsageError: if a task is judged by what lamforge cannot judge.
    """
    notes = []
    if split not in (None, data.whole):
        notes.append(f"these are tasks of split {split}: the benchmark's scores are of split {data.whole}")
    who = users.declared
    named = f"{who['model']}, temperature {who['temperature']}" if who["kind"] == "model" else who["kind"]
    notes.append(f"the user is {named}: compare only with runs that have the same one")
    judged = suite.domain.left_to_models(list(suite.tasks.values()))
    if judged:
        notes.append(
            f"{judged} tasks have assertions that only a model can judge: here they count as kept, so the official "
            "score can only be lower"
        )
    return notes
