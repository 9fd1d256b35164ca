"""Items in strands: each has a seed pool of its own, to which what passes returns after a round.

A strand's rounds come one after the other; a round draws its examples from what earlier rounds of its strand brought.
So a record depends on the seed, the numbers of its strand and round and the models' answers alone, whatever else is
made at the same time, in whichever shard, after however many interruptions.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from lamforge.errors import GenerationError
from lamforge.generate.calls import PaidCalls
from lamforge.generate.cast import Cast
from lamforge.generate.crew import EnginesGone, all_of, make_all
from lamforge.generate.single import author
from lamforge.generate.single.checks import Examined, examine
from lamforge.generate.single.drawing import CallSampler
from lamforge.generate.single.items import Item, item_of, trajectory_of
from lamforge.generate.single.judging import Opinion, judge
from lamforge.generate.single.records import Assignment, Problem, normalised, rejection
from lamforge.generate.single.sampling import History, Sampler
from lamforge.generate.single.scripted import ScriptedGenerator
from lamforge.generate.single.toolbox import Toolbox
from lamforge.journal import Journal
from lamforge.messages import derived_seed
from lamforge.simulate.strict import UnreadableError

SIZE = 50  # items of one strand
ROUNDS = 5  # in which they are made if everything passes
MOST_ROUNDS = 15  # then a strand stays incomplete
HOPELESS = 60  # pairs that fail before any has passed

Number = tuple[int, int]  # strand, round
Record = dict[str, Any]


@dataclass
class Strands:
    """One run's work.

    Args:
        scripted: The generator, or None if a model is.
        sizes: Items that each strand is to have, those of other shards left out.
        seeds: Items that every strand's pool begins with.
        made: Records that are there already.
    """

    toolbox: Toolbox
    cast: Cast
    sampler: Sampler
    scripted: ScriptedGenerator | None
    drawn: CallSampler | None
    seeds: list[Item]
    seed: int
    sizes: dict[int, int]
    journal: Journal
    calls: PaidCalls
    made: dict[Number, Record]
    on_record: Callable[[Record], None]
    broken: dict[int, str] = field(default_factory=dict)
    _done: set[int] = field(default_factory=set)
    _passed: int = 0
    _failed: int = 0

    async def run(self) -> None:
        """Makes the records that are missing.

        Raises:
            BudgetError: if the ceiling is reached; what was made is recorded.
            GenerationError: if nothing passes. Engines that are gone after something passed leave the rest broken.
        """
        for record in self.made.values():
            self._count(record)
        try:
            at_a_time = self.cast.roles.in_flight if self.cast.clients else 1  # nobody is waited for
            await make_all(self.sizes, self._strand, self.broken, at_a_time=at_a_time)
        except EnginesGone as error:
            if not self._passed:
                raise self._hopeless(f"the engines fail: {error}") from error
            self.broken |= {strand: str(error) for strand in self.sizes if strand not in self._done}
        finally:
            self.journal.sync()
        if not self.broken and self.sizes and not self._passed:
            raise self._hopeless(f"no item passed; most frequent reason: {self._commonest()}")

    async def _strand(self, strand: int) -> None:
        history = History(pool=list(self.seeds))
        seen: set[str] = set()
        kept = 0
        for number in range(MOST_ROUNDS):
            wanted = min(self.sizes[strand] - kept, -(-self.sizes[strand] // ROUNDS))
            if wanted <= 0:
                break
            rng = random.Random(derived_seed("single", self.toolbox.digest, self.seed, strand, number))
            batch = 1 if self.scripted is not None else self.cast.roles.single.batch
            assignments = self.sampler.draw(rng, history, wanted, self.sizes[strand], batch)
            record = self.made.get((strand, number))
            if record is None:
                record = await self._round(strand, number, assignments, seen)
                self._keep(record)
            items = [each["item"] for each in record["items"]]
            kept += len(items)
            seen.update(normalised(item["query"]) for item in items)
            history.pool += items
        self._done.add(strand)

    def _keep(self, record: Record) -> None:
        self.journal.append(record)
        self.made[record["strand"], record["round"]] = record
        self.on_record(record)
        self._count(record)
        if not self._passed and self._failed >= HOPELESS:
            raise self._hopeless(f"of {self._failed} items none passed; most frequent reason: {self._commonest()}")

    def _count(self, record: Record) -> None:
        self._passed += len(record["items"])
        self._failed += sum(each["entries"] for each in record["rejected"])

    async def _round(self, strand: int, number: int, assignments: list[Assignment], seen: set[str]) -> Record:
        cast = self.cast.for_task(self.calls.of(strand, number))
        made = {"seed": self.seed, "strand": strand, "round": number}
        record: Record = {"strand": strand, "round": number, "items": [], "rejected": []}
        known = set(seen)
        for kept, rejected in await all_of([self._batch(cast, each, made, seen) for each in assignments]):
            record["rejected"] += rejected
            for each in kept:
                if (query := normalised(each["item"]["query"])) in known:
                    twin = Problem("duplicate", "query", "another item of the strand has the same query")
                    record["rejected"].append(rejection(twin, each["item"]["style"], each["item"]))
                else:
                    known.add(query)
                    record["items"].append(each)
        return record

    async def _batch(
        self, cast: Cast, assignment: Assignment, made: Record, seen: set[str]
    ) -> tuple[list[Record], list[Record]]:
        """(what passed, what did not) of one assignment."""
        try:
            if self.scripted is not None:
                entries: list[Any] = self.scripted.write(assignment, seen)
            else:
                entries = await author.write(cast, self.toolbox, self.drawn, assignment)
        except UnreadableError as error:
            unreadable = Problem("format", "unreadable", str(error))
            return [], [rejection(unreadable, assignment.style, None, assignment.count)]
        outcomes = await all_of([self._entry(cast, assignment, each, n, made) for n, each in enumerate(entries)])
        kept = [outcome for outcome in outcomes if "item" in outcome]
        return kept, [outcome for outcome in outcomes if "item" not in outcome]

    async def _entry(self, cast: Cast, assignment: Assignment, entry: Any, number: int, made: Record) -> Record:
        """{item, trajectory} of an entry, or its rejection."""
        system = cast.roles.single.system
        found: Examined = examine(self.toolbox, assignment, entry, system)
        opinions: list[Opinion] = []
        problem = found.problem
        if problem is None and cast.judges:
            opinions, problem = await judge(cast, self.toolbox, assignment, found, assignment.seed + number)
        if problem is not None:
            return rejection(problem, assignment.style, entry)
        item = item_of(self.toolbox, cast, assignment, found, opinions, made)
        trajectory = trajectory_of(self.toolbox, cast, item, found, system, self.seed)
        return {"item": item, "trajectory": trajectory.as_dict()}

    def _commonest(self) -> str:
        rejected = [each for record in self.made.values() for each in record["rejected"]]
        reasons = Counter({each["reason"]: 0 for each in rejected})
        for each in rejected:
            reasons[each["reason"]] += each["entries"]
        return reasons.most_common(1)[0][0] if reasons else "nothing new was written"

    def _hopeless(self, why: str) -> GenerationError:
        remedy = "Nothing is lost: mend the cause, and the same command goes on."
        return GenerationError(f"given up: {why}", where=self.toolbox.name, remedy=remedy)
