"""The learning rate over a run, and what a run's end is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamforge.train.recipe import TrainingRecipe
from lamforge.train.schedule import Clock, rate

SHARES = st.floats(0, 1)
STEPS = st.integers(1, 10_000)


def training(**options: float | str) -> TrainingRecipe:
    return TrainingRecipe.model_validate(options)


@given(warmup=SHARES, final=SHARES, share=SHARES, steps=STEPS)
def test_the_rate_is_never_negative_nor_above_the_highest(
    warmup: float, final: float, share: float, steps: int
) -> None:
    assert 0 <= rate(training(warmup=warmup, final_rate=final), share, steps) <= 1


@given(warmup=SHARES, final=SHARES, shares=st.lists(SHARES, min_size=2, max_size=2), steps=STEPS)
def test_the_rate_rises_through_the_warm_up_and_falls_after_it(
    warmup: float, final: float, shares: list[float], steps: int
) -> None:
    recipe = training(warmup=warmup, final_rate=final)
    earlier, later = sorted(shares)
    if later < warmup:
        assert rate(recipe, earlier, steps) <= rate(recipe, later, steps)
    if earlier >= warmup:
        assert rate(recipe, earlier, steps) >= rate(recipe, later, steps)


def test_the_rate_at_the_ends_is_what_the_recipe_says() -> None:
    recipe = training(warmup=0.1, final_rate=0.2)
    assert rate(recipe, 0.0, 100) == pytest.approx(0.1)  # one step of ten, not none
    assert rate(recipe, 0.05, 100) == pytest.approx(0.5)
    assert rate(recipe, 0.1, 100) == pytest.approx(1.0)
    assert rate(recipe, 0.55, 100) == pytest.approx(0.6)  # half-way down the cosine
    assert rate(recipe, 1.0, 100) == pytest.approx(0.2)


def test_warm_up_stable_decay_stays_at_the_highest_until_its_last_share() -> None:
    recipe = training(warmup=0.1, decay=0.2, final_rate=0.1, schedule="wsd")
    assert [rate(recipe, share, 100) for share in (0.1, 0.5, 0.8)] == pytest.approx([1.0] * 3)
    assert rate(recipe, 0.9, 100) == pytest.approx(0.55)
    assert rate(recipe, 1.0, 100) == pytest.approx(0.1)


def test_a_warm_up_shorter_than_a_step_does_not_overshoot() -> None:
    assert rate(training(warmup=0.03), 0.0, 10) == 1.0


def test_without_a_warm_up_the_first_rate_is_the_highest() -> None:
    assert rate(training(warmup=0.0), 0.0, 10) == 1.0


def test_a_run_without_a_time_limit_is_measured_in_steps() -> None:
    clock = Clock(training(), before=1e9)
    assert [clock.share(step, 4) for step in (0, 1, 4, 5)] == [0, 0.25, 1, 1]
    assert clock.seconds >= 1e9


def test_a_run_with_a_time_limit_ends_by_whichever_comes_first() -> None:
    limited = training(max_minutes=1e6)
    half = Clock(limited, before=3e7)
    assert half.share(0, 4) == pytest.approx(0.5, abs=1e-3)
    assert half.share(3, 4) == 0.75
    assert Clock(limited, before=6e7).share(0, 4) == 1.0
