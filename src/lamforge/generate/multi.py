"""`generate multi`: verified multi-turn tasks and conversations for one domain, durable and reproducible.

Each task depends on the seed, its number and the answers of the models that play a part in it, so a run that was
interrupted goes on where it stopped and ends with the same bytes as one that was not.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack, closing
from pathlib import Path
from typing import Any

from lamforge import __version__
from lamforge.domains import Domain
from lamforge.engines.budget import Budget, BudgetError
from lamforge.errors import GenerationError, IncompleteError
from lamforge.generate.calls import CALLS, PaidCalls
from lamforge.generate.cast import open_cast
from lamforge.generate.graph import Graph
from lamforge.generate.habits import Habits, learn_habits
from lamforge.generate.kit import learn
from lamforge.generate.multi_files import Generated, finish
from lamforge.generate.production import Number, Production
from lamforge.generate.roles import Roles, check_players
from lamforge.generate.run_folder import claim
from lamforge.generate.sampler import BlueprintSampler
from lamforge.generate.scripted import identities, make_task
from lamforge.generate.standing import Standing
from lamforge.journal import Journal
from lamforge.messages import derived_seed

Progress = Callable[[int, int, str], None]  # (tasks done, tasks asked for, how the run stands)

_SCRIPTED = Roles()


def generate_multi(
    domain: Domain,
    out: Path,
    *,
    tasks: int,
    test_tasks: int,
    seed: int = 0,
    roles: Roles = _SCRIPTED,
    budget: Budget | None = None,
    shard: tuple[int, int] = (0, 1),
    ray: str | None = None,
    progress: Progress | None = None,
) -> Generated:
    """Writes `tasks` training and `test_tasks` held-out tasks with the training tasks' conversations into `out`.

    The two splits share no owner (customer), hence no blueprint. A conversation is kept only if format, execution,
    policy, state and outputs all hold.

    Args:
        roles: Who proposes, reviews and plays; by default the scripted teacher does all.
        budget: Ceilings of cost and tokens for the models.
        ray: Do the work on the Ray cluster of this address; "local" starts one on this machine.
        shard: (i, n): make each n-th task only, from the i-th on, counted from 0; `merge` joins the folders.
    Raises:
        UsageError: if `out` holds another run, or somebody is missing in the cast.
        GenerationError: if no task can be made of the domain.
        BudgetError: if a ceiling is reached; the files hold what was made by then.
        IncompleteError: if engines failed for some tasks; the same call tries them again.
        OutputError: if `out` cannot be written.
    """
    check_players(roles)
    config = {
        "job": "multi",
        "domain": domain.name,
        "domain_digest": domain.digest,
        "tool_kinds": {name: tool.kind for name in domain.tool_names if (tool := domain.tool(name))},
        "rules": {rule.name: rule.sentence for rule in domain.rules},
        "execution": domain.execution,
        "tasks": tasks,
        "test_tasks": test_tasks,
        "seed": seed,
        "lamforge": __version__,
        "shard": f"{shard[0]}/{shard[1]}",
        "roles": roles.model_dump(mode="json", exclude={"single"}),
    }
    if (done := claim(out, config)) is not None:
        return Generated(out, **done)
    budget = budget or Budget()
    numbers: list[Number] = [("train", n) for n in range(tasks)] + [("test", n) for n in range(test_tasks)]
    numbers = [number for number in numbers if number[1] % shard[1] == shard[0]]
    with Journal(out / "journal.jsonl", key=("split", "number")) as journal:
        if ray is None:
            worked = asyncio.run(work(domain, journal, numbers, config, roles, budget, progress))
        else:
            from lamforge.generate.on_ray import work_on_ray

            address = None if ray == "local" else ray
            worked = work_on_ray(domain, journal, numbers, config, roles, budget, progress, address)
        made, broken, unused, stopped = worked
        complete = not broken and stopped is None
        records = [made[number] for number in numbers if number in made]
        summary = finish(out, records, config, unused, budget, complete=complete)
    if stopped is not None:
        raise stopped
    if broken:
        raise IncompleteError(
            f"{len(broken)} tasks have no result, for their engines failed; the first: {next(iter(broken.values()))}",
            where=out,
            remedy="The same command tries them again; what was made is in the files.",
        )
    (out / CALLS).unlink(missing_ok=True)
    if shard[1] == 1:  # else `merge` wants it
        (out / "journal.jsonl").unlink(missing_ok=True)
    return summary


def survey(domain: Domain) -> Habits:
    """What generation finds out about a domain before it starts: usable tools, and what the policy wants first."""
    return asyncio.run(learn_habits(domain, Graph(domain)))


Worked = tuple[dict[Number, dict[str, Any]], dict[Number, str], dict[str, str], BudgetError | None]


def known(journal: Journal) -> dict[Number, dict[str, Any]]:
    """The records of a journal by split and number."""
    return {(record["split"], record["number"]): record for record in journal}


async def work(
    domain: Domain,
    journal: Journal,
    numbers: list[Number],
    config: dict[str, Any],
    roles: Roles,
    budget: Budget,
    progress: Progress | None,
) -> Worked:
    """Makes the records that the journal does not hold yet.

    Returns:
        The records, what is broken and why, tools that no task can use and why, and the ceiling that was reached.
    """
    how = _scripted if roles.scripted else _directed
    return await how(domain, journal, numbers, config, roles, budget, progress)


async def _scripted(
    domain: Domain,
    journal: Journal,
    numbers: list[Number],
    config: dict[str, Any],
    roles: Roles,
    budget: Budget,
    progress: Progress | None,
) -> Worked:
    """One task after the other by the scripted teacher, since no two tasks may be alike."""
    made = known(journal)
    graph = Graph(domain)
    habits = await learn_habits(domain, graph)
    sampler = BlueprintSampler(domain, graph, habits)
    seen = {each for record in made.values() if record["task"] for each in identities(record["task"])}
    exhausted = {record["split"] for record in made.values() if not record["task"]}
    for place, (split, number) in enumerate(numbers):
        if (split, number) in made or split in exhausted:
            continue
        rng = random.Random(derived_seed("task", domain.digest, config["seed"], split, number))
        record = await make_task(sampler, domain, rng, config["seed"], split, number, seen)
        if not record["task"]:
            exhausted.add(split)
        journal.append(record)
        made[split, number] = record
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
) -> Worked:
    """Many tasks at a time by a cast of models."""
    made = known(journal)
    async with AsyncExitStack() as stack:
        cast = await open_cast(roles, budget, stack)
        kit = await learn(domain)
        calls = stack.enter_context(closing(PaidCalls(journal.path.with_name(CALLS), made)))
        cast.book_earlier(calls.earlier)

        standing = Standing(made.values(), budget)

        def tell(record: dict[str, Any]) -> None:
            standing.add(record)
            if progress is not None:
                progress(len(made), len(numbers), str(standing))

        sizes: Any = {"train": config["tasks"], "test": config["test_tasks"]}
        production = Production(kit, cast, config["seed"], sizes, journal, calls, made, tell)
        stopped = None
        try:
            await production.run(numbers)
        except BudgetError as error:
            stopped = error
        return made, production.broken, kit.habits.unused, stopped
