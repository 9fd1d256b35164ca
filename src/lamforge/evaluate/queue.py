"""Many tasks at a time, each tried twice. It knows no suite and no statistics."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable, Iterable, Sequence
from typing import TypeVar

from lamforge.engines import GivenUpError, RefusalError
from lamforge.errors import EngineError

RETRY_AFTER = 1.0  # seconds between an engine's failure and the second try
HOPELESS = 16  # tasks that the engine breaks in a row before the others are not tried any more
_LOOK = 0.2  # seconds after which more tasks may begin, though none has ended

Key = TypeVar("Key", bound=Hashable)
Result = TypeVar("Result")
Progress = Callable[[int, int, float], None]  # tasks done, tasks planned, tasks per second


async def work_through(
    planned: Sequence[Key],
    waiting: Iterable[Key],
    work: Callable[[Key], Awaitable[Result]],
    keep: Callable[[Key, Result], None],
    *,
    concurrency: int | Callable[[], int],
    lose: Callable[[Key, str], None] | None = None,
    progress: Progress | None = None,
) -> dict[Key, str]:
    """Works on the waiting keys, in their order, and keeps each result as soon as it is there.

    Args:
        planned: All keys, those that are done included.
        work: Gives the result of a key; an `EngineError` of it is tried once more, unless that is pointless.
        concurrency: Keys that are worked on at a time; a function says how many it may be now.
        lose: Told of each key that the engine broke, as soon as it is given up.
    Returns:
        What the engine broke, in the order of `planned`: an error for each key. It is no result, and no wrong answer.
    Raises:
        Whatever else `work` and `keep` raise.
    """
    left = list(waiting)
    broken: dict[Key, str] = {}
    started = time.perf_counter()
    done = in_a_row = 0

    async def one(key: Key) -> None:
        nonlocal done, in_a_row
        try:
            result = await _with_second_try(key, work)
        except EngineError as error:
            in_a_row += 1
            said = f"{error.where}: {error.what}" if error.where else error.what
            broken[key] = said  # without the remedy, which is not this task's
            if lose is not None:
                lose(key, said)
            return
        keep(key, result)
        in_a_row = 0
        done += 1
        if progress is not None:
            progress(len(planned) - len(left) + done, len(planned), done / (time.perf_counter() - started))

    room = concurrency if callable(concurrency) else lambda: concurrency
    queue = iter(left)
    flying: set[asyncio.Task[None]] = set()
    try:
        while in_a_row < HOPELESS:
            while len(flying) < max(1, room()) and (key := next(queue, None)) is not None:
                flying.add(asyncio.create_task(one(key)))
            if not flying:
                break
            ended, flying = await asyncio.wait(flying, timeout=_LOOK, return_when=asyncio.FIRST_COMPLETED)
            for error in [task.exception() for task in ended]:  # each is asked for, or asyncio complains of it
                if error is not None:
                    raise error
        if flying:
            await asyncio.gather(*flying)
    finally:
        for task in flying:
            task.cancel()
        await asyncio.gather(*flying, return_exceptions=True)
    broken |= dict.fromkeys(queue, f"not tried, because the engine failed {in_a_row} times in a row")
    return {key: broken[key] for key in planned if key in broken}


async def _with_second_try(key: Key, work: Callable[[Key], Awaitable[Result]]) -> Result:
    try:
        return await work(key)
    except (RefusalError, GivenUpError):
        raise
    except EngineError:
        await asyncio.sleep(RETRY_AFTER)
        return await work(key)
