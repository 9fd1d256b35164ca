"""Many tasks at a time, each tried twice: what every suite's runner has in common. It knows no suite."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable, Iterable, Sequence
from typing import TypeVar

from lamforge.engines import RefusalError
from lamforge.errors import EngineError

RETRY_AFTER = 1.0  # seconds between an engine's failure and the second try
HOPELESS = 16  # tasks that the engine breaks in a row before the others are not tried any more

Key = TypeVar("Key", bound=Hashable)
Result = TypeVar("Result")
Progress = Callable[[int, int, float], None]  # tasks done, tasks planned, tasks per second


async def work_through(
    planned: Sequence[Key],
    waiting: Iterable[Key],
    work: Callable[[Key], Awaitable[Result]],
    keep: Callable[[Key, Result], None],
    *,
    concurrency: int,
    progress: Progress | None = None,
) -> dict[Key, str]:
    """Works on the waiting keys and keeps each result as soon as it is there.

    Args:
        planned: All keys, those that are done included.
        work: Gives the result of a key; an `EngineError` of it is tried once more, unless it is a refusal.
    Returns:
        What the engine broke, in the order of `planned`: an error for each key. It is no result, and no wrong answer.
    Raises:
        Whatever else `work` and `keep` raise.
    """
    left = list(waiting)
    broken: dict[Key, str] = {}
    started = time.perf_counter()
    done = in_a_row = 0

    async def worker(queue: Iterable[Key]) -> None:
        nonlocal done, in_a_row
        for key in queue:
            if in_a_row >= HOPELESS:
                broken[key] = f"not tried, because the engine failed {in_a_row} times in a row"
                continue
            try:
                result = await _with_second_try(key, work)
            except EngineError as error:
                in_a_row += 1
                broken[key] = str(error)
                continue
            keep(key, result)
            in_a_row = 0
            done += 1
            if progress is not None:
                progress(len(planned) - len(left) + done, len(planned), done / (time.perf_counter() - started))

    shared = iter(left)
    workers = [asyncio.create_task(worker(shared)) for _ in range(max(1, concurrency))]
    try:
        await asyncio.gather(*workers)
    finally:
        for each in workers:
            each.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
    return {key: broken[key] for key in planned if key in broken}


async def _with_second_try(key: Key, work: Callable[[Key], Awaitable[Result]]) -> Result:
    try:
        return await work(key)
    except RefusalError:
        raise
    except EngineError:
        await asyncio.sleep(RETRY_AFTER)
        return await work(key)
