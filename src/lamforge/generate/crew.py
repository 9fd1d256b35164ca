"""Units of work that are made many at a time by models, whose engines may fail."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, TypeVar

from lamforge.engines.base import DeniedError, GoneError
from lamforge.errors import EngineError

Unit = TypeVar("Unit")

HOPELESS = 24  # units in a row whose engines fail; then the engines are taken to be gone


class EnginesGone(Exception):
    """Unit after unit was not made, for its engines failed; the text says how."""


async def make_all(
    units: Iterable[Unit], make: Callable[[Unit], Awaitable[None]], broken: dict[Unit, str], *, at_a_time: int
) -> None:
    """Makes the units, so many at a time, each once.

    Args:
        broken: Gets the units whose engines fail, and how.
    Raises:
        EnginesGone: if the engines failed for `HOPELESS` units in a row, take no key, or have long been silent.
        LamforgeError: what `make` raises beside errors of engines; all other work is stopped.
    """
    waiting = iter(units)
    in_a_row = 0

    async def work() -> None:
        nonlocal in_a_row
        for unit in waiting:
            try:
                await make(unit)
                in_a_row = 0
            except EngineError as error:
                broken[unit] = str(error)
                in_a_row += 1
                if in_a_row >= HOPELESS or isinstance(error, (DeniedError, GoneError)):
                    raise EnginesGone(str(error)) from error

    await all_of([work() for _ in range(at_a_time)])


async def all_of(work: Iterable[Any]) -> list[Any]:
    """What comes of several coroutines, in their order; when one fails the others are stopped before it is told."""
    tasks = [asyncio.ensure_future(each) for each in work]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
