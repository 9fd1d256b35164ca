"""Tasks with a cast of models: many at a time, each recorded once, in any order, and the same whatever the order was.

A task's record depends on the seed, its number and the models' answers alone. Recombined tasks have the last numbers of
their group and wait for its others.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from lamforge.domains import Task
from lamforge.errors import EngineError, GenerationError
from lamforge.generate.blueprint import Draft
from lamforge.generate.calls import PaidCalls
from lamforge.generate.cast import Cast
from lamforge.generate.crew import EnginesGone, make_all
from lamforge.generate.groups import base_size, group_of, is_recombined
from lamforge.generate.interplay import converse
from lamforge.generate.kit import Kit
from lamforge.generate.proposal import Outcome, propose
from lamforge.generate.recombine import Source, recombine
from lamforge.generate.scripted import draw_blueprint
from lamforge.generate.twins import DRAWS, Number, Record, Split, drawn_again
from lamforge.journal import Journal
from lamforge.messages import Trajectory, derived_seed

HOPELESS = 24  # tasks of a split that fail before any has succeeded


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

    async def run(self, numbers: list[Number], *, again: bool = True) -> None:
        """Makes the records that are missing, `in_flight` at a time.

        Args:
            again: Draw again where tasks are alike; nobody knows where until all others are made.
        Raises:
            BudgetError: if the ceiling is reached; what was made is recorded.
            GenerationError: if nothing succeeds. Engines that are gone after something was made leave the rest broken.
        """
        for number, record in self.made.items():
            self._proposed[number] = asyncio.Event()
            self._proposed[number].set()
            self._count(number[0], record)
            if record["blueprint"]:
                self._blueprints[number] = record["owner"], Task.model_validate(record["blueprint"])
        await self._make_all(numbers)
        for draw in range(1, DRAWS) if again else ():
            if self.broken or not (numbers := drawn_again(self.made.values(), draw)):
                break
            await self._make_all(numbers)

    async def _make_all(self, numbers: list[Number]) -> None:
        for number in numbers:
            self._proposed.setdefault(number, asyncio.Event())
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
            mine = [made for (split, _, _), made in self.made.items() if split == number[0]]
            raise _hopeless(self.kit, f"no task is made; most frequent reason: {_commonest(mine)}")

    def _count(self, split: Split, record: Record) -> None:
        if record["task"]:
            self._fruitful.add(split)
        else:
            self._fruitless[split] += 1

    async def _make(self, split: Split, number: int, draw: int) -> Record:
        further = (draw,) if draw else ()
        drawn = derived_seed("task", self.kit.domain.digest, self.seed, split, number, *further)
        cast = self.cast.for_task(self.calls.of(split, number, draw))
        rng = random.Random(drawn)
        draft: Draft | None = None
        if self.cast.roles.generator.scripted:
            outcome, draft = await draw_blueprint(self.kit, cast, rng, split, drawn)
        elif is_recombined(number, self.sizes[split], cast.roles):
            outcome = await recombine(self.kit, cast, await self._sources(split, group_of(number)), rng, drawn)
        else:
            customers = max(1, base_size(number, self.sizes[split], cast.roles) // 3)
            first = group_of(number) * customers
            material = await self.kit.material.draw(rng, split, range(first, first + customers))
            outcome = await propose(self.kit, cast, material, split, drawn)
        return await self._played(cast, outcome, draft, (split, number, draw), drawn)

    async def _played(self, cast: Cast, outcome: Outcome, draft: Draft | None, number: Number, seed: int) -> Record:
        """The record of a blueprint, with its conversations if it is to be trained on."""
        task = outcome.task
        split = number[0]
        record: Record = {**dict(zip(("split", "number", "draw"), number, strict=True)), "owner": outcome.owner}
        record |= {"blueprint": task.as_dict() if task else None, "rejected": list(outcome.rejected)}
        if task is not None:
            self._blueprints[number] = outcome.owner, task
        self._proposed[number].set()
        kept: list[Trajectory] = []
        failed: list[Record] = []
        if task is not None and split == "train":
            kept, failed = await converse(self.kit, cast, task, draft, seed)
        proven = task is not None and (split == "test" or bool(kept))
        record["rejected"] += failed
        record["reasons"] = [each["reason"] for each in record["rejected"]]
        record |= {"task": task.as_dict() if task and proven else None}
        return record | {"trajectories": [trajectory.as_dict() for trajectory in kept]}

    async def _sources(self, split: Split, group: int) -> list[Source]:
        """The blueprints of a group's first draws, once there will be no more of them.

        Raises:
            EngineError: if one is missing because its engine failed: then others would be joined next time.
        """
        size, roles = self.sizes[split], self.cast.roles
        mine = sorted(
            (kind, number, draw)
            for kind, number, draw in self._proposed
            if kind == split and group_of(number) == group and not draw and not is_recombined(number, size, roles)
        )
        for number in mine:
            await self._proposed[number].wait()
            if number in self.broken:
                raise EngineError("a task that this one could be made of is not there yet")
        return [self._blueprints[number] for number in mine if number in self._blueprints]


def _hopeless(kit: Kit, why: str) -> GenerationError:
    remedy = "Nothing is lost: mend the cause, and the same command goes on."
    return GenerationError(f"given up after {HOPELESS} tasks: {why}", where=kit.domain.folder, remedy=remedy)


def _commonest(made: list[Record]) -> str:
    reasons = Counter(reason for record in made for reason in record["reasons"])
    return reasons.most_common(1)[0][0] if reasons else "none is known"
