"""`generate multi`: verified multi-turn tasks and conversations for one domain, durable and reproducible.

Each task depends on the seed, its number and the answers of the models that play a part in it, so a run that was
interrupted goes on where it stopped and ends with the same bytes as one that was not.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from lamforge import __version__
from lamforge.domains import Domain
from lamforge.engines.budget import Budget
from lamforge.errors import IncompleteError
from lamforge.generate.calls import CALLS
from lamforge.generate.graph import Graph
from lamforge.generate.groups import numbers_of, sizes_of
from lamforge.generate.habits import Habits, learn_habits
from lamforge.generate.multi_files import Generated, check_made, finish
from lamforge.generate.roles import Roles, check_players
from lamforge.generate.run_folder import JOURNAL, claim
from lamforge.generate.twins import in_order
from lamforge.generate.working import Job, Progress, work
from lamforge.journal import Journal

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
        shard: (i, n): make each n-th group of tasks only (task, if no model plays a part), from the i-th on,
            counted from 0; `merge` joins the folders.
    Raises:
        UsageError: if `out` holds another run, or somebody is missing in the cast.
        GenerationError: if no task can be made of the domain, or nothing passes; the files hold what was tried.
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
        return check_made(Generated(out, **done), config)
    budget = budget or Budget()
    numbers = numbers_of(sizes_of(config), roles, shard)
    with Journal(out / JOURNAL, key=("split", "number", "draw")) as journal:
        job = Job(domain, journal, numbers, config, roles, budget, progress)
        if ray is None:
            worked = asyncio.run(work(job))
        else:
            from lamforge.generate.on_ray import work_on_ray

            worked = work_on_ray(job, address=None if ray == "local" else ray)
        made, broken, unused, stopped = worked
        complete = not broken and stopped is None
        summary = finish(out, in_order(made.values()), config, unused, budget, complete=complete)
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
        (out / JOURNAL).unlink(missing_ok=True)
    return check_made(summary, config)


def survey(domain: Domain) -> Habits:
    """What generation finds out about a domain before it starts: usable tools, and what the policy wants first."""
    return asyncio.run(learn_habits(domain, Graph(domain)))
