"""`generate single`: verified single-turn items for anybody's tools, durable and reproducible (APIGen, 2406.18518)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack, closing
from pathlib import Path
from typing import Any

from lamforge import __version__
from lamforge.engines.budget import Budget
from lamforge.errors import IncompleteError, LamforgeError
from lamforge.generate.calls import CALLS, PaidCalls
from lamforge.generate.cast import open_authors
from lamforge.generate.roles import Roles, notes_on
from lamforge.generate.run_folder import JOURNAL, claim
from lamforge.generate.single.drawing import CallSampler
from lamforge.generate.single.files import Singles, finish
from lamforge.generate.single.sampling import Sampler
from lamforge.generate.single.scripted import ScriptedGenerator
from lamforge.generate.single.seeds import load_seeds
from lamforge.generate.single.strands import SIZE, Number, Record, Strands
from lamforge.generate.single.toolbox import Toolbox
from lamforge.generate.standing import Standing
from lamforge.journal import Journal
from lamforge.messages import content_id

Progress = Callable[[int, int, str], None]  # (items made, items asked for, how the run stands)

_SCRIPTED = Roles()


def generate_single(
    toolbox: Toolbox,
    out: Path,
    *,
    items: int,
    seed: int = 0,
    roles: Roles = _SCRIPTED,
    budget: Budget | None = None,
    shard: tuple[int, int] = (0, 1),
    progress: Progress | None = None,
) -> Singles:
    """Writes verified items and their conversations of one turn into `out`.

    An item is kept only if format, execution (where the tools can be executed) and meaning hold; what does not pass is
    in rejected.jsonl with its stage. Fewer than asked are made if too much fails or no new query is found.

    Args:
        roles: Who writes and who judges; by default the scripted generator writes, and the checks alone judge.
        budget: Ceilings of cost and tokens for the models.
        shard: (i, n): make each n-th strand of 50 items only, from the i-th on, counted from 0.
    Raises:
        UsageError: if `out` holds another run, or no style can be written for these tools.
        GenerationError: if nothing passes.
        BudgetError: if a ceiling is reached; the files hold what was made by then.
        IncompleteError: if engines failed for some strands; the same call goes on with them.
        OutputError: if `out` cannot be written.
    """
    seeds = load_seeds(roles.single.seeds)
    config = {
        "job": "single",
        "tools": toolbox.name,
        "tools_digest": toolbox.digest,
        "execution": toolbox.domain.execution if toolbox.domain is not None else None,
        "items": items,
        "seeds_digest": content_id(seeds),
        "seed": seed,
        "lamforge": __version__,
        "shard": f"{shard[0]}/{shard[1]}",
        "roles": roles.model_dump(mode="json", include={"generator", "judges", "prompts", "single"}),
    }
    if (done := claim(out, config)) is not None:
        return Singles(out, **done)
    budget = budget or Budget()
    strands = range(shard[0], -(-items // SIZE), shard[1])
    sizes = {strand: min(SIZE, items - strand * SIZE) for strand in strands}
    with Journal(out / JOURNAL, key=("strand", "round")) as journal:
        made: dict[Number, Record] = {(record["strand"], record["round"]): record for record in journal}
        work = _work(toolbox, journal, sizes, seeds, seed, roles, budget, made, progress)
        broken, notes, stopped = asyncio.run(work)
        records = [made[number] for number in sorted(made)]
        complete = not broken and stopped is None
        summary = finish(out, records, config, sum(sizes.values()), notes, budget, complete=complete)
    if stopped is not None:
        raise stopped
    if broken:
        first = next(iter(broken.values()))
        raise IncompleteError(
            f"{len(broken)} strands are not complete, for their engines failed; the first: {first}",
            where=out,
            remedy="The same command goes on with them; what was made is in the files.",
        )
    (out / CALLS).unlink(missing_ok=True)
    if shard[1] == 1:  # else `merge` wants it
        (out / JOURNAL).unlink(missing_ok=True)
    return summary


async def _work(
    toolbox: Toolbox,
    journal: Journal,
    sizes: dict[int, int],
    seeds: list[dict[str, Any]],
    seed: int,
    roles: Roles,
    budget: Budget,
    made: dict[Number, Record],
    progress: Progress | None,
) -> tuple[dict[int, str], list[str], LamforgeError | None]:
    """(strands whose engines failed, what a user should know, what ended the run before its end)."""
    async with AsyncExitStack() as stack:
        cast = await open_authors(roles, budget, stack)
        standing = Standing(made.values(), budget)

        def tell(record: Record) -> None:
            standing.add(record)
            if progress is not None:
                progress(standing.kept, sum(sizes.values()), str(standing) if cast.clients else "")

        scripted = ScriptedGenerator(toolbox) if roles.generator.scripted else None
        unusable = scripted.unusable if scripted is not None else {}
        sampler = Sampler(toolbox, roles.single, [name for name in toolbox.names if name not in unusable])
        drawn = CallSampler(toolbox) if toolbox.domain is not None else None
        calls = stack.enter_context(closing(PaidCalls(journal.path.with_name(CALLS), made)))
        cast.book_earlier(calls.earlier)
        strands = Strands(toolbox, cast, sampler, scripted, drawn, seeds, seed, sizes, journal, calls, made, tell)
        stopped = None
        try:
            await strands.run()
        except LamforgeError as error:
            stopped = error
        notes = notes_on(cast.roles)
        notes += [f"no queries for {tool}: {reason}" for tool, reason in unusable.items()]
        notes += [f"no {style} items: {reason}" for style, reason in sampler.left_out.items()]
        return strands.broken, notes, stopped
