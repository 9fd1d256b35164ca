"""Rows to micro-batches: nothing lost, nothing twice, the budget kept."""

from __future__ import annotations

from array import array
from itertools import chain

from hypothesis import given
from hypothesis import strategies as st

from lamforge.data import Batching, Row, Rows, forward_tokens, make_batches

LENGTHS = st.lists(st.tuples(st.integers(0, 2), st.integers(1, 60)), min_size=1, max_size=80)


def rows_of(lengths: list[tuple[int, int]]) -> Rows:
    """Rows of (prefix, length)."""
    rows = [Row(prefix, array("i", [7] * length), b"\1" * length) for prefix, length in lengths]
    return Rows(prefixes=[array("i", [1]), array("i", [2]), array("i")], rows=rows)


BATCHINGS = st.sampled_from(["packed", "shared_prefix"])


@given(lengths=LENGTHS, budget=st.integers(1, 200), seed=st.integers(0, 9), batching=BATCHINGS)
def test_every_row_is_in_one_batch_once(
    lengths: list[tuple[int, int]], budget: int, seed: int, batching: Batching
) -> None:
    batches = make_batches(rows_of(lengths), budget, seed, batching)
    assert sorted(chain.from_iterable(batches)) == list(range(len(lengths)))
    assert all(batches)


@given(lengths=LENGTHS, budget=st.integers(1, 200), seed=st.integers(0, 9))
def test_conversations_behind_a_prefix_keep_the_budget_without_it(
    lengths: list[tuple[int, int]], budget: int, seed: int
) -> None:
    for batch in make_batches(rows_of(lengths), budget, seed, "shared_prefix"):
        assert len(batch) == 1 or sum(lengths[index][1] for index in batch) <= budget


@given(lengths=LENGTHS, budget=st.integers(1, 200), seed=st.integers(0, 9))
def test_a_packed_batch_keeps_the_budget_with_the_prefixes_of_all_its_rows(
    lengths: list[tuple[int, int]], budget: int, seed: int
) -> None:
    data = rows_of(lengths)
    batches = make_batches(data, budget, seed)
    for batch in batches:
        assert len(batch) == 1 or sum(map(data.length, (data.rows[index] for index in batch))) <= budget
    assert forward_tokens(data, batches) == data.conversation_tokens  # nothing is computed twice, nothing is padding


@given(lengths=LENGTHS, seed=st.integers(0, 9), batching=BATCHINGS)
def test_the_same_seed_gives_the_same_batches(lengths: list[tuple[int, int]], seed: int, batching: Batching) -> None:
    data = rows_of(lengths)
    assert make_batches(data, 100, seed, batching) == make_batches(data, 100, seed, batching)


@given(batching=BATCHINGS)
def test_another_seed_gives_another_order(batching: Batching) -> None:
    data = rows_of([(0, length % 50 + 1) for length in range(400)])
    assert make_batches(data, 200, 0, batching) != make_batches(data, 200, 1, batching)


def test_batches_behind_a_prefix_are_full_and_compute_it_once_each() -> None:
    data = rows_of([(0, length % 50 + 1) for length in range(400)])
    batches = make_batches(data, 500, 0, "shared_prefix")
    tokens = sum(len(row.tokens) for row in data.rows)
    assert forward_tokens(data, batches, "shared_prefix") == tokens + len(batches)
    assert len(batches) < 1.05 * tokens / 500


def test_conversations_of_many_prefixes_share_a_batch() -> None:
    data = Rows(
        prefixes=[array("i", [number] * 30) for number in range(50)],
        rows=[Row(number, array("i", [7] * 20), b"\1" * 20) for number in range(50)],
    )
    batches = make_batches(data, 500, 0, "shared_prefix")
    assert len(batches) == 5
    assert forward_tokens(data, batches, "shared_prefix") == data.conversation_tokens
