from __future__ import annotations

import random
from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamforge.evaluate import estimates, pass_hat_k
from lamforge.evaluate.reliability import confidence_interval


@given(
    st.integers(1, 8).flatmap(lambda n: st.tuples(st.lists(st.booleans(), min_size=n, max_size=n), st.integers(1, n)))
)
def test_pass_hat_k_is_the_share_of_draws_of_k_trials_that_all_succeed(case):
    results, k = case
    draws = list(combinations(results, k))
    assert pass_hat_k(sum(results), len(results), k) == pytest.approx(sum(map(all, draws)) / len(draws))


def test_pass_hat_k_agrees_with_the_figures_that_tau_bench_publishes_for_gpt_4o_airline():
    # How many of the 50 tasks succeeded 0 to 4 times in 4 trials: the only split that gives all four figures.
    split = {0: 14, 1: 12, 2: 10, 3: 4, 4: 10}
    tasks = [successes for successes, count in split.items() for _ in range(count)]
    figures = [round(estimate.value, 3) for estimate in estimates(tasks, [0] * 50, 4)]
    assert figures == [0.420, 0.273, 0.220, 0.200]


@pytest.mark.parametrize(("successes", "trials", "k"), [(1, 4, 0), (1, 4, 5), (5, 4, 1), (-1, 4, 1)])
def test_impossible_counts_are_refused(successes, trials, k):
    with pytest.raises(ValueError):
        pass_hat_k(successes, trials, k)


@given(st.lists(st.integers(0, 4), min_size=1, max_size=30), st.integers(0, 5))
def test_estimates_fall_with_k_and_lie_in_their_interval_and_repeat(successes, seed):
    found = estimates(successes, [0] * len(successes), 4, seed)
    assert [e.k for e in found] == [1, 2, 3, 4]
    assert found == estimates(successes, [0] * len(successes), 4, seed)
    for easier, harder in pairwise(found):
        assert easier.value >= harder.value
    for estimate in found:
        assert 0 <= estimate.low <= estimate.value + 1e-9
        assert estimate.value - 1e-9 <= estimate.high <= 1


def test_the_interval_covers_the_truth_about_as_often_as_it_says():
    rng = random.Random(7)
    covered = 0
    for run in range(200):
        chances = [rng.betavariate(2, 2) for _ in range(60)]
        successes = [sum(rng.random() < chance for _ in range(4)) for chance in chances]
        low, high = confidence_interval([pass_hat_k(c, 4, 1) for c in successes], run)
        covered += low <= 0.5 <= high
    assert 180 <= covered <= 199  # 95 % of 200 is 190; the standard error is 3


def test_where_all_tasks_agree_the_interval_is_not_a_point():
    low, high = confidence_interval([0.0] * 50, 0)
    assert (low, high) == (0.0, pytest.approx(0.0711, abs=1e-4))  # Clopper-Pearson, 0 of 50
    low, high = confidence_interval([1.0] * 50, 0)
    assert (low, high) == (pytest.approx(0.9289, abs=1e-4), 1.0)


def test_missing_trials_leave_a_range_over_the_full_denominator_and_no_value():
    first = estimates([4, 2], [0, 1], 4)[0]
    assert first.value is first.low is first.high is None
    assert (first.at_least, first.at_most) == (6 / 8, 7 / 8)


def test_tasks_that_are_all_alike_in_between_do_not_claim_certainty_either():
    low, high = confidence_interval([0.5] * 20, 0)
    assert (low, high) == (pytest.approx(0.2993, abs=1e-4), pytest.approx(0.7007, abs=1e-4))  # Wilson, 10 of 20
