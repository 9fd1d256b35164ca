"""Ceilings of cost and tokens."""

from __future__ import annotations

import asyncio
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamforge.engines.budget import Budget, BudgetError, Price

_PRICE = Price(1.0, 2.0)


@given(st.lists(st.tuples(st.integers(1, 500), st.integers(1, 200)), max_size=60), st.integers(0, 99))
def test_no_order_of_requests_breaks_through_a_ceiling(requests: list[tuple[int, int]], seed: int) -> None:
    budget, dice = Budget(max_cost=0.003, max_tokens=2000), random.Random(seed)

    async def ask(prompt: int, most: int) -> bool:
        await asyncio.sleep(dice.random() / 1e4)
        reserved = await budget.reserve(_PRICE, prompt, most)
        await asyncio.sleep(dice.random() / 1e4)
        budget.settle(reserved, "agent", _PRICE, prompt, most)
        return True

    async def all_at_once() -> list[bool | BaseException]:
        return await asyncio.gather(*(ask(*request) for request in requests), return_exceptions=True)

    ended = asyncio.run(all_at_once())
    assert all(each is True or isinstance(each, BudgetError) for each in ended)
    assert budget.tokens <= 2000
    assert budget.cost <= 0.003 + 1e-9


def test_what_is_only_set_aside_ends_no_job() -> None:
    budget = Budget(max_tokens=1000)

    async def ask() -> None:
        reserved = await budget.reserve(_PRICE, 50, 450)
        await asyncio.sleep(0.001)
        budget.settle(reserved, "agent", _PRICE, 50, 10)

    async def all_at_once() -> None:
        await asyncio.gather(*(ask() for _ in range(9)))

    asyncio.run(all_at_once())
    assert budget.tokens == 9 * 60


def test_prompts_that_are_longer_than_estimated_are_reserved_as_long_from_then_on() -> None:
    budget = Budget(max_tokens=1000)

    async def ask() -> None:
        budget.settle(await budget.reserve(_PRICE, 50, 10), "agent", _PRICE, 200, 10)
        budget.settle(await budget.reserve(_PRICE, 50, 10), "agent", _PRICE, 60, 10)  # shorter ones change nothing
        with pytest.raises(BudgetError, match="may take 810 tokens"):
            await budget.reserve(_PRICE, 200, 10)

    asyncio.run(ask())
