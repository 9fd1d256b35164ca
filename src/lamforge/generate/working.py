"""The work of `generate multi`: the records that a journal does not hold yet, by the scripted teacher or by models."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass
from typing import Any

from lamforge.domains import Domain
from lamforge.engines.budget import Budget, BudgetError
from lamforge.errors import GenerationError
from lamforge.generate.calls import CALLS, PaidCalls
from lamforge.generate.cast import open_cast
from lamforge.generate.graph import Graph
from lamforge.generate.groups import sizes_of
from lamforge.generate.habits import learn_habits
from lamforge.generate.kit import learn
from lamforge.generate.production import Production
from lamforge.generate.roles import Roles
from lamforge.generate.sampler import BlueprintSampler
from lamforge.generate.scripted import identities, make_task
from lamforge.generate.standing import Standing
from lamforge.generate.twins import Number, number_of
from lamforge.journal import Journal
from lamforge.messages import derived_seed

Progress = Callable[[int, int, str], None]  # (tasks done, tasks asked for, how the run stands)
Stop = BudgetError | GenerationError  # what ends a run before its end; its files are written all the same
Worked = tuple[dict[Number, dict[str, Any]], dict[Number, str], dict[str, str], Stop | None]


def known(journal: Journal) -> dict[Number, dict[str, Any]]:
    """The records of a journal by split, number and draw."""
    return {number_of(record): record for record in journal}


@dataclass(frozen=True)
class Job:
    """What is to be made: for which domain, by whom, at what cost at most, and where its records go."""

    domain: Domain
    journal: Journal
    numbers: list[Number]
    config: dict[str, Any]
    roles: Roles
    budget: Budget
    progress: Progress | None = None


async def work(job: Job, *, again: bool = True) -> Worked:
    """Makes the records that the journal does not hold yet.

    Args:
        again: Draw again where tasks of models are alike.
    Returns:
        The records, what is broken and why, tools that no task can use and why, and what ended the work before its end.
    """
    return await (_scripted(job) if job.roles.scripted else _directed(job, again))


async def _scripted(job: Job) -> Worked:
    """One task after the other by the scripted teacher, since no two tasks may be alike."""
    domain, seed, made = job.domain, job.config["seed"], known(job.journal)
    graph = Graph(domain)
    habits = await learn_habits(domain, graph)
    sampler = BlueprintSampler(domain, graph, habits, job.roles.shapes, job.roles.mishears, job.roles.strange_words)
    seen = {each for record in made.values() if record["task"] for each in identities(record["task"])}
    exhausted = {record["split"] for record in made.values() if not record["task"]}
    for place, (split, number, draw) in enumerate(job.numbers):
        if (split, number, draw) in made or split in exhausted:
            continue
        rng = random.Random(derived_seed("task", domain.digest, seed, split, number))
        record = await make_task(sampler, domain, rng, seed, split, number, seen)
        if not record["task"]:
            exhausted.add(split)
        job.journal.append(record)
        made[split, number, draw] = record
        await asyncio.sleep(0)  # here Ctrl-C is heard
        if job.progress is not None:
            job.progress(place + 1, len(job.numbers), "")
    if not seen:
        reasons = Counter(reason for record in made.values() for reason in record["reasons"])
        commonest = reasons.most_common(1)[0][0] if reasons else "none was asked for"
        raise GenerationError(f"no task could be made; most frequent reason: {commonest}", where=domain.folder)
    return made, {}, habits.unused, None


async def _directed(job: Job, again: bool) -> Worked:
    """Many tasks at a time by a cast of models."""
    made = known(job.journal)
    async with AsyncExitStack() as stack:
        cast = await open_cast(job.roles, job.budget, stack)
        kit = await learn(job.domain, job.roles.shapes)
        calls = stack.enter_context(closing(PaidCalls(job.journal.path.with_name(CALLS), made)))
        cast.book_earlier(calls.earlier)

        standing = Standing(made.values(), job.budget)

        def tell(record: dict[str, Any]) -> None:
            standing.add(record)
            if job.progress is not None:
                job.progress(sum(not draw for _, _, draw in made), len(job.numbers), str(standing))

        production = Production(kit, cast, job.config["seed"], sizes_of(job.config), job.journal, calls, made, tell)
        stopped: Stop | None = None
        try:
            await production.run(job.numbers, again=again)
        except (BudgetError, GenerationError) as error:
            stopped = error
        return made, production.broken, kit.habits.unused, stopped
