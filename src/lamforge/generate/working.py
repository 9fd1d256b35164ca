"""The work of `generate multi`: the records that a journal does not hold yet, by the scripted teacher or by models."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack, closing
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


async def work(
    domain: Domain,
    journal: Journal,
    numbers: list[Number],
    config: dict[str, Any],
    roles: Roles,
    budget: Budget,
    progress: Progress | None,
    *,
    again: bool = True,
) -> Worked:
    """Makes the records that the journal does not hold yet.

    Args:
        again: Draw again where tasks of models are alike.
    Returns:
        The records, what is broken and why, tools that no task can use and why, and what ended the work before its end.
    """
    if roles.scripted:
        return await _scripted(domain, journal, numbers, config, roles, progress)
    return await _directed(domain, journal, numbers, config, roles, budget, progress, again)


async def _scripted(
    domain: Domain,
    journal: Journal,
    numbers: list[Number],
    config: dict[str, Any],
    roles: Roles,
    progress: Progress | None,
) -> Worked:
    """One task after the other by the scripted teacher, since no two tasks may be alike."""
    made = known(journal)
    graph = Graph(domain)
    habits = await learn_habits(domain, graph)
    sampler = BlueprintSampler(domain, graph, habits, roles.shapes)
    seen = {each for record in made.values() if record["task"] for each in identities(record["task"])}
    exhausted = {record["split"] for record in made.values() if not record["task"]}
    for place, (split, number, draw) in enumerate(numbers):
        if (split, number, draw) in made or split in exhausted:
            continue
        rng = random.Random(derived_seed("task", domain.digest, config["seed"], split, number))
        record = await make_task(sampler, domain, rng, config["seed"], split, number, seen)
        if not record["task"]:
            exhausted.add(split)
        journal.append(record)
        made[split, number, draw] = record
        await asyncio.sleep(0)  # here Ctrl-C is heard
        if progress is not None:
            progress(place + 1, len(numbers), "")
    if not seen:
        reasons = Counter(reason for record in made.values() for reason in record["reasons"])
        commonest = reasons.most_common(1)[0][0] if reasons else "none was asked for"
        raise GenerationError(f"no task could be made; most frequent reason: {commonest}", where=domain.folder)
    return made, {}, habits.unused, None


async def _directed(
    domain: Domain,
    journal: Journal,
    numbers: list[Number],
    config: dict[str, Any],
    roles: Roles,
    budget: Budget,
    progress: Progress | None,
    again: bool,
) -> Worked:
    """Many tasks at a time by a cast of models."""
    made = known(journal)
    async with AsyncExitStack() as stack:
        cast = await open_cast(roles, budget, stack)
        kit = await learn(domain, roles.shapes)
        calls = stack.enter_context(closing(PaidCalls(journal.path.with_name(CALLS), made)))
        cast.book_earlier(calls.earlier)

        standing = Standing(made.values(), budget)

        def tell(record: dict[str, Any]) -> None:
            standing.add(record)
            if progress is not None:
                progress(sum(not draw for _, _, draw in made), len(numbers), str(standing))

        production = Production(kit, cast, config["seed"], sizes_of(config), journal, calls, made, tell)
        stopped: Stop | None = None
        try:
            await production.run(numbers, again=again)
        except (BudgetError, GenerationError) as error:
            stopped = error
        return made, production.broken, kit.habits.unused, stopped
