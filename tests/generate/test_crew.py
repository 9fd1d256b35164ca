"""Units are made many at a time, each once; engines that fail break their unit, and in the end the run."""

from __future__ import annotations

import asyncio

import pytest

from lamforge.errors import DataError, EngineError
from lamforge.generate.crew import HOPELESS, EnginesGone, all_of, make_all


def run(units: range, fails: set[int], at_a_time: int = 7) -> tuple[list[int], dict[int, str]]:
    done: list[int] = []
    broken: dict[int, str] = {}

    async def make(unit: int) -> None:
        await asyncio.sleep(0)
        if unit in fails:
            raise EngineError(f"no {unit}")
        done.append(unit)

    asyncio.run(make_all(units, make, broken, at_a_time=at_a_time))
    return done, broken


def test_every_unit_is_made_once_and_those_whose_engines_fail_are_told() -> None:
    done, broken = run(range(100), {3, 50})
    assert sorted(done) == [unit for unit in range(100) if unit not in (3, 50)]
    assert broken == {3: "no 3", 50: "no 50"}


def test_engines_that_fail_in_a_row_are_gone() -> None:
    with pytest.raises(EnginesGone, match="no "):
        run(range(100), set(range(10, 100)))
    run(range(HOPELESS - 1), set(range(HOPELESS - 1)))


def test_when_one_fails_the_others_are_stopped_before_it_is_told() -> None:
    stopped: list[int] = []

    async def wait(number: int) -> None:
        try:
            await asyncio.sleep(3600 if number else 0.01)
            raise DataError("this one")
        except asyncio.CancelledError:
            stopped.append(number)
            raise

    with pytest.raises(DataError, match="this one"):
        asyncio.run(all_of([wait(number) for number in range(4)]))
    assert stopped == [1, 2, 3]


def test_results_come_in_the_order_of_the_work() -> None:
    async def wait(number: int) -> int:
        await asyncio.sleep((3 - number) / 100)
        return number

    assert asyncio.run(all_of([wait(number) for number in range(4)])) == [0, 1, 2, 3]
