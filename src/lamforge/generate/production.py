"""Tasks with a cast of models: many at a time, each recorded once, in any order, and the same whatever the order was.

A task's record depends on the seed, its number and the models' answers alone. Recombined tasks have the last numbers of
their split and wait for the others.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from lamforge.domains import Task
from lamforge.errors import EngineError, GenerationError
from lamforge.generate.blueprint import Draft
from lamforge.generate.calls import PaidCalls
from lamforge.generate.cast import Cast
from lamforge.generate.crew import EnginesGone, make_all
from lamforge.generate.interplay import converse
from lamforge.generate.kit import Kit
from lamforge.generate.proposal import Outcome, propose
from lamforge.generate.recombine import Source, recombine
from lamforge.generate.roles import Roles
from lamforge.generate.scripted import draw_blueprint
from lamforge.journal import Journal
from lamforge.messages import Trajectory, derived_seed

Split = Literal["train", "test"]
Number = tuple[Split, int]
HOPELESS = 24  # tasks of a split that fail before any has succeeded

Record = dict[str, Any]


@dataclass
class Production:
    """One run's work.

    Args:
        sizes: Tasks of each split, those of other shards included.
    """

    kit: Kit
    cast: Cast
    seed: int
    sizes: dict[Split, int]
    journal: Journal
    calls: PaidCalls
    made: dict[Number, Record]
    on_record: Callable[[Record], None]
    broken: dict[Number, str] = field(default_factory=dict)
    _proposed: dict[Number, asyncio.Event] = field(default_factory=dict)
    _blueprints: dict[Number, Source] = field(default_factory=dict)  # those that hold
    _fruitless: Counter[Split] = field(default_factory=Counter)  # records without a task
    _fruitful: set[Split] = field(default_factory=set)

    async def run(self, numbers: list[Number]) -> None:
        """Makes the records that are missing, `in_flight` at a time.

        Raises:
            BudgetError: if the ceiling is reached; what was made is recorded.
            GenerationError: if nothing succeeds. Engines that are gone after something was made leave the rest broken.
        """
        self._proposed = {number: asyncio.Event() for number in numbers}
        for number, record in self.made.items():
            self._proposed.setdefault(number, asyncio.Event()).set()
            self._count(number[0], record)
            if record["blueprint"]:
                self._blueprints[number] = record["owner"], Task.model_validate(record["blueprint"])
        missing = [number for number in numbers if number not in self.made]
        try:
            await make_all(missing, self._work, self.broken, at_a_time=self.cast.roles.in_flight)
        except EnginesGone as error:
            if not self.made:
                raise _hopeless(self.kit, f"the engines fail: {error}") from error
            self.broken |= {number: str(error) for number in missing if number not in self.made}
        finally:
            self.journal.sync()

    async def _work(self, number: Number) -> None:
        try:
            record = await self._make(*number)
        finally:
            self._proposed[number].set()
        self.journal.append(record)
        self.made[number] = record
        self.on_record(record)
        self._count(number[0], record)
        if self._fruitless[number[0]] >= HOPELESS and number[0] not in self._fruitful:
            mine = [made for (split, _), made in self.made.items() if split == number[0]]
            raise _hopeless(self.kit, f"no task is made; most frequent reason: {_commonest(mine)}")

    def _count(self, split: Split, record: Record) -> None:
        if record["task"]:
            self._fruitful.add(split)
        else:
            self._fruitless[split] += 1

    async def _make(self, split: Split, number: int) -> Record:
        drawn = derived_seed("task", self.kit.domain.digest, self.seed, split, number)
        cast = self.cast.for_task(self.calls.of(split, number))
        rng = random.Random(drawn)
        draft: Draft | None = None
        if self.cast.roles.generator.scripted:
            outcome, draft = await draw_blueprint(self.kit, cast, rng, split, drawn)
        elif number < self._base(split):
            material = await self.kit.material.draw(rng, split, max(1, self._base(split) // 3))
            outcome = await propose(self.kit, cast, material, split, drawn)
        else:
            outcome = await recombine(self.kit, cast, await self._sources(split), rng, drawn)
        return await self._played(cast, outcome, draft, split, number, drawn)

    async def _played(
        self, cast: Cast, outcome: Outcome, draft: Draft | None, split: Split, number: int, seed: int
    ) -> Record:
        """The record of a blueprint, with its conversations if it is to be trained on."""
        task = outcome.task
        record: Record = {"split": split, "number": number, "owner": outcome.owner}
        record |= {"blueprint": task.as_dict() if task else None, "rejected": list(outcome.rejected)}
        if task is not None:
            self._blueprints[split, number] = outcome.owner, task
        self._proposed[split, number].set()
        kept: list[Trajectory] = []
        failed: list[Record] = []
        if task is not None and split == "train":
            kept, failed = await converse(self.kit, cast, task, draft, seed)
        proven = task is not None and (split == "test" or bool(kept))
        record["rejected"] += failed
        record["reasons"] = [each["reason"] for each in record["rejected"]]
        record |= {"task": task.as_dict() if task and proven else None}
        return record | {"trajectories": [trajectory.as_dict() for trajectory in kept]}

    def _base(self, split: Split) -> int:
        return base_size(self.sizes[split], self.cast.roles)

    async def _sources(self, split: Split) -> list[Source]:
        """The blueprints of a split, once there will be no more of them.

        Raises:
            EngineError: if one is missing because its engine failed: then others would be joined next time.
        """
        mine = sorted(number for number in self._proposed if number[0] == split and number[1] < self._base(split))
        for number in mine:
            await self._proposed[number].wait()
            if number in self.broken:
                raise EngineError("a task that this one could be made of is not there yet")
        return [self._blueprints[number] for number in mine if number in self._blueprints]


def base_size(tasks: int, roles: Roles) -> int:
    """How many tasks of a split are no recombinations of others; their numbers are the first."""
    return tasks - round(tasks * roles.recombined)


def is_recombined(number: Number, config: dict[str, Any], roles: Roles) -> bool:
    """Whether a task is made of two others, which must be there first."""
    size = config["tasks" if number[0] == "train" else "test_tasks"]
    return not roles.generator.scripted and number[1] >= base_size(size, roles)


def _hopeless(kit: Kit, why: str) -> GenerationError:
    remedy = "Nothing is lost: mend the cause, and the same command goes on."
    return GenerationError(f"given up after {HOPELESS} tasks: {why}", where=kit.domain.folder, remedy=remedy)


def _commonest(made: list[Record]) -> str:
    reasons = Counter(reason for record in made for reason in record["reasons"])
    return reasons.most_common(1)[0][0] if reasons else "none is known"
