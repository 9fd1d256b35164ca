"""Intervals of columns."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lamforge.evaluate.bfcl import parse_suite
from lamforge.evaluate.bfcl.formulas import tables
from lamforge.evaluate.bfcl.intervals import intervals, shares, telling
from lamforge.evaluate.reliability import confidence_interval

SUITE = parse_suite("v3")
SIZES = dict.fromkeys(SUITE.categories, 20)


@pytest.mark.parametrize("right", [0.0, 1.0])
def test_no_interval_is_without_width_though_all_tasks_agree(right: float) -> None:
    found = intervals(SUITE, {name: [right] * 20 for name in SUITE.categories}, SIZES)
    assert set(found["Overall"]) == set(tables(SUITE, {}, SIZES)["Overall"])
    for columns in found.values():
        for low, high in columns.values():
            assert low < high and right in (pytest.approx(low), pytest.approx(high))
            assert low >= -1e-9 and high <= 1 + 1e-9


@settings(max_examples=10, deadline=None)
@given(st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0]), min_size=17, max_size=17), st.integers(1, 9))
def test_a_column_lies_within_its_interval_and_a_category_has_its_own(values: list[float], size: int) -> None:
    own = {name: [value] * size + [0.5] for name, value in zip(SUITE.categories, values, strict=True)}
    sizes = dict.fromkeys(SUITE.categories, size + 1)
    centre = tables(SUITE, {name: (sum(each), len(each)) for name, each in own.items()}, sizes)
    found = intervals(SUITE, own, sizes)
    for table, columns in found.items():
        for column, (low, high) in columns.items():
            assert low <= centre[table][column].accuracy + 1e-9 and centre[table][column].accuracy <= high + 1e-9
    low, high = found["Non-Live"]["Multiple AST"]
    own_low, own_high = confidence_interval(own["multiple"], 0)
    assert (low, high) == (pytest.approx(own_low, abs=0.1), pytest.approx(own_high, abs=0.1))


def test_the_more_categories_a_column_has_the_narrower_it_is() -> None:
    found = intervals(SUITE, {name: [0.0, 1.0] * 10 for name in SUITE.categories}, SIZES)
    one, all_of_them = found["Non-Live"]["Multiple AST"], found["Overall"]["Overall Acc"]
    assert all_of_them[1] - all_of_them[0] < 0.6 * (one[1] - one[0])


def test_only_columns_that_were_wholly_run_have_one() -> None:
    found = intervals(SUITE, {"multiple": [0.0, 1.0], "irrelevance": [1.0]}, SIZES)
    assert set(found["Non-Live"]) == {"Multiple AST", "Irrelevance Detection"}
    assert set(found["Overall"]) == {"Non-Live Multiple AST"}


def test_trials_of_a_task_count_as_one_task() -> None:
    rows = [("simple", f"t{n}", n % 2 == 0) for n in range(4) for _ in range(50)]
    assert shares([*rows, ("simple", "hopeless", None)]) == {"simple": [1.0, 0.0, 1.0, 0.0]}


def test_two_results_are_told_apart_beyond_both_their_distances_to_the_bounds() -> None:
    assert telling(50.0, (47.0, 54.0)) == 5.0
