"""pass^1 of a model while it trains: the judge that `lamforge train` hands down to training, which stands below."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any


def make_judge(domain: str, tasks: Path | None, limit: int, seed: int) -> Callable[[Path], float]:
    """Scores a folder's model on held-out tasks, one greedy trial each, as a GGUF file in the engine.

    Args:
        tasks: A tasks.jsonl; by default the test tasks of the domain's own.
        limit: Only the first so many.
    Raises:
        UsageError: if there are no tasks.
    """
    from lamforge.domains import load_domain, load_tasks
    from lamforge.errors import UsageError

    loaded = load_domain(domain)
    chosen = load_tasks(tasks) if tasks is not None else [task for task in loaded.tasks if task.split == "test"]
    if not chosen:
        raise UsageError("no held-out tasks to play", where=tasks or domain, remedy="Name some with --tasks.")

    def judge(folder: Path) -> float:
        from lamforge.export import export_gguf

        (file,) = export_gguf(folder, folder / "gguf", ("f16",))
        return asyncio.run(_score(file, loaded, chosen[:limit], folder / "eval", seed))

    return judge


async def _score(file: Path, domain: Any, tasks: list[Any], out: Path, seed: int) -> float:
    from lamforge.engines import open_model
    from lamforge.evaluate import Options, evaluate_domain
    from lamforge.simulate import ModelAgent

    model = open_model(str(file))
    try:
        summary = await evaluate_domain(
            domain,
            tasks,
            lambda seed: ModelAgent(model, seed=seed, temperature=0.0, max_tokens=256),
            Options(model.name, out, concurrency=model.slots),
            seed=seed,
        )
    finally:
        await model.aclose()
    summary.require_complete()
    return summary.passed / summary.episodes
