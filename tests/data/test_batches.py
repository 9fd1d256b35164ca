"""Rows to micro-batches: nothing lost, nothing twice, the budget kept."""

from __future__ import annotations

from itertools import chain

from hypothesis import given
from hypothesis import strategies as st

from lamforge.data import Row, Rows, make_batches

LENGTHS = st.lists(st.tuples(st.integers(0, 2), st.integers(1, 60)), min_size=1, max_size=80)


def rows_of(lengths: list[tuple[int, int]]) -> Rows:
    """Rows of (prefix, length)."""
    rows = [Row(prefix, [7] * length, [True] * length) for prefix, length in lengths]
    return Rows(prefixes=[[1], [2], []], rows=rows)


@given(lengths=LENGTHS, budget=st.integers(1, 200), seed=st.integers(0, 9))
def test_every_row_is_in_one_batch_once(lengths: list[tuple[int, int]], budget: int, seed: int) -> None:
    batches = make_batches(rows_of(lengths), budget, seed)
    assert sorted(chain.from_iterable(batches)) == list(range(len(lengths)))
    assert all(batches)


@given(lengths=LENGTHS, budget=st.integers(1, 200), seed=st.integers(0, 9))
def test_a_batch_keeps_the_budget_with_its_padding_and_has_one_prefix(
    lengths: list[tuple[int, int]], budget: int, seed: int
) -> None:
    for batch in make_batches(rows_of(lengths), budget, seed):
        assert len(batch) == 1 or max(lengths[index][1] for index in batch) * len(batch) <= budget
        assert len({lengths[index][0] for index in batch}) == 1


@given(lengths=LENGTHS, seed=st.integers(0, 9))
def test_the_same_seed_gives_the_same_batches(lengths: list[tuple[int, int]], seed: int) -> None:
    assert make_batches(rows_of(lengths), 100, seed) == make_batches(rows_of(lengths), 100, seed)


def test_another_seed_gives_another_order() -> None:
    data = rows_of([(0, length % 50 + 1) for length in range(400)])
    assert make_batches(data, 200, 0) != make_batches(data, 200, 1)


def test_batches_are_full_and_little_is_padding() -> None:
    lengths = [(0, length % 50 + 1) for length in range(400)]
    batches = make_batches(rows_of(lengths), 500, 0)
    computed = sum(max(lengths[index][1] for index in batch) * len(batch) for batch in batches)
    tokens = sum(length for _, length in lengths)
    assert computed < 1.2 * tokens
    assert len(batches) < 1.3 * tokens / 500
