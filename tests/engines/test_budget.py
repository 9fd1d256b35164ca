"""Ceilings of cost and tokens."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamforge.engines.budget import Budget, BudgetError, Price

_PRICE = Price(1.0, 2.0)


@given(st.lists(st.tuples(st.integers(1, 500), st.integers(1, 200), st.booleans()), max_size=60))
def test_no_order_of_requests_breaks_through_a_ceiling(requests: list[tuple[int, int, bool]]) -> None:
    budget = Budget(max_cost=0.003, max_tokens=2000)
    flying = []
    for prompt, most, first_another in requests:
        with suppress(BudgetError):
            flying.append((budget.reserve(_PRICE, prompt, most), prompt, most))
        if flying and not first_another:
            reserved, prompt, most = flying.pop(0)
            budget.settle(reserved, "agent", _PRICE, prompt, most)
    for reserved, prompt, most in flying:
        budget.settle(reserved, "agent", _PRICE, prompt, most)
    assert budget.tokens <= 2000
    assert budget.cost <= 0.003 + 1e-9


def test_prompts_that_are_longer_than_estimated_are_reserved_as_long_from_then_on() -> None:
    budget = Budget(max_tokens=1000)
    budget.settle(budget.reserve(_PRICE, 50, 10), "agent", _PRICE, 200, 10)
    budget.settle(budget.reserve(_PRICE, 50, 10), "agent", _PRICE, 60, 10)  # shorter ones change nothing
    with pytest.raises(BudgetError, match="may take 810 tokens"):
        budget.reserve(_PRICE, 200, 10)
