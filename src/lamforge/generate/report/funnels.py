"""How much came through each stage: of proposals by round of revision, of conversations, of tasks, of items."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from lamforge.domains import Task
from lamforge.generate.interplay import CHECKS
from lamforge.generate.report.records import Item, Record, Rejected
from lamforge.messages import Trajectory

_DRAWN = {"duplicate": "like no other task", "verification": "proven by its conversation"}
_PROPOSED = {  # the stages of a proposal -> what is said of those that passed
    "format": "readable and of the right form",
    "execution": "executable, to some effect",
    "policy": "allowed by the policy",
    "review": "accepted by the reviewers",
}
_ITEMS = {
    "format": "readable and of the right form",
    "execution": "executable, as far as the tools are",
    "semantic": "calls and query mean the same",
    "duplicate": "like no other item",
}
_RECOMBINED = {  # what a recombination is rejected for -> the stage
    "unreadable": "format",
    "refused": "execution",
    "no change": "execution",
    "invented output": "execution",
    "rule": "policy",
}
_BEFORE = {
    "no pair": "two tasks of one customer found",
    "proposal": "a new task found",
}  # there may be nothing to write
_TALKS = {
    "simulator": "no mistake of the simulated user",
    "ended": "came to an end",
    "format": "every call well-formed",
    "execution": "replayed with the same results",
    "policy": "policy kept",
    "state": "right state at the end",
    "outputs": "everything told",
}


@dataclass(frozen=True)
class Step:
    """How many reached a stage; `rounds` says how many of them in each round of revision, from 0."""

    name: str
    count: int
    rounds: list[int]


@dataclass(frozen=True)
class Funnel:
    """The steps of one kind of thing, the first holding all."""

    title: str
    unit: str
    steps: list[Step]


@dataclass
class Yield:
    """Counts a run's records by stage."""

    _proposals: Counter[tuple[bool, int, str]] = field(default_factory=Counter)  # (recombined, round, stage)
    _blueprints: dict[tuple[str, str], tuple[bool, int]] = field(default_factory=dict)  # -> (recombined, round)
    _talks: Counter[str] = field(default_factory=Counter)
    _items: Counter[str] = field(default_factory=Counter)
    _tasks: int = 0
    _duplicates: int = 0

    def add(self, record: Record) -> None:
        """Counts one record."""
        if isinstance(record, Task):
            self._tasks += 1
            self._accepted(record)
        elif isinstance(record, Item):
            self._items["kept"] += 1
        elif isinstance(record, Trajectory):
            self._talks["kept"] += 1
        else:
            self._rejected(record)

    def of_items(self) -> list[Funnel]:
        """The funnel of a run of `generate single`."""
        return [_falling("Items", "items", _ITEMS, "written", self._items)]

    def of_draws(self, reasons: Counter[str], asked: int, done: int) -> list[Funnel]:
        """The funnels of a run of the scripted teacher alone; arguments as in `of_proposals`."""
        draws = Counter(kept=self._tasks)
        for reason, count in reasons.items():
            stage = reason.partition(":")[0]
            draws[stage if stage in _DRAWN else "draw"] += count
        drawn = _falling("Drawn tasks", "draws", {"draw": "a task came of it", **_DRAWN}, "drawn", draws)
        counts = {"asked for": asked, "worked on": done} if done < asked else {"asked for": asked}
        counts |= {"proven by a conversation, or held out": self._tasks + self._duplicates}
        return [_of_tasks({**counts, "like no other task": self._tasks}), drawn, self._conversations()]

    def of_proposals(self, asked: int, done: int) -> list[Funnel]:
        """The funnels of a run with models.

        Args:
            asked: Tasks that the run is to make.
            done: Tasks that it has worked on so far.
        """
        counts = {"asked for": asked, "worked on": done} if done < asked else {"asked for": asked}
        counts["with a blueprint like no other"] = len(self._blueprints) - self._duplicates  # twins are drawn again
        tasks = _of_tasks({**counts, "proven by a conversation, or held out": self._tasks})
        found = [self._proposed("Proposed tasks", False), self._proposed("Recombined tasks", True)]
        return [funnel for funnel in [tasks, *found, self._conversations()] if funnel.steps[0].count]

    def _accepted(self, task: Task) -> None:
        made = task.provenance
        key = task.task_id, str(made.get("seed"))
        self._blueprints[key] = "made_of" in made, int(made.get("revisions") or 0)

    def _rejected(self, record: Rejected) -> None:
        kind = record.reason.partition(": ")[2]
        if record.style:
            self._items[record.stage] += record.entries
        elif record.trajectory is not None:
            held_out = record.task is not None and record.task.split == "test"
            self._talks[_talk_stage(record.stage, kind)] += not held_out
        elif record.stage == "recombination":
            self._proposals[True, record.round, _RECOMBINED.get(kind, kind)] += 1
        elif record.stage == "duplicate":
            self._duplicates += 1
        else:
            self._proposals[False, record.round, record.stage] += 1
        if record.task is not None:
            self._accepted(record.task)

    def _proposed(self, title: str, recombined: bool) -> Funnel:
        lost = {(round, stage): n for (kind, round, stage), n in self._proposals.items() if kind == recombined}
        accepted = Counter(round for kind, round in self._blueprints.values() if kind == recombined)
        rounds = range(max([0, *accepted, *(round for round, _ in lost)]) + 1)
        others = {
            stage: _BEFORE.get(stage, f"not lost to: {stage}")
            for stage in sorted({each for _, each in lost} - {*_PROPOSED})
        }
        left = [accepted[r] + sum(n for (round, _), n in lost.items() if round == r) for r in rounds]
        steps = [Step("tried", sum(left), left)]
        for stage, name in {**others, **_PROPOSED}.items():
            left = [count - lost.get((round, stage), 0) for round, count in zip(rounds, left, strict=True)]
            steps.append(Step(name, sum(left), left))
        return Funnel(title, "proposals", steps)

    def _conversations(self) -> Funnel:
        return _falling("Conversations", "conversations", _TALKS, "held", self._talks)


def _of_tasks(counts: dict[str, int]) -> Funnel:
    return Funnel("Tasks", "tasks", [Step(name, count, [count]) for name, count in counts.items()])


def _falling(title: str, unit: str, stages: dict[str, str], first: str, counts: Counter[str]) -> Funnel:
    """The funnel of what was kept and lost; stages that are not among the known ones come first."""
    others = {stage: f"not lost to: {stage}" for stage in sorted({*counts} - {*stages, "kept"})}
    left = sum(counts.values())
    steps = [Step(first, left, [left])]
    for stage, name in {**others, **stages}.items():
        left -= counts[stage]
        steps.append(Step(name, left, [left]))
    return Funnel(title, unit, steps)


def _talk_stage(stage: str, kind: str) -> str:
    """Where a conversation was lost: what is checked first comes first."""
    failed: Iterable[str] = kind.split(", ")
    return "simulator" if stage == "simulator" else next((check for check in CHECKS if check in failed), "ended")
