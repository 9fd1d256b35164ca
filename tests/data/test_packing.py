"""Best-fit packing: whole items, the room kept, close to the least number of rows."""

from __future__ import annotations

from itertools import chain

from hypothesis import given
from hypothesis import strategies as st

from lamforge.data import pack

LENGTHS = st.lists(st.integers(1, 120), max_size=80)


def plain_best_fit(lengths: list[int], capacity: int) -> int:
    """How many rows best-fit decreasing fills, found by looking at every row."""
    rooms: list[int] = []
    for length in sorted(lengths, reverse=True):
        fitting = [room for room in rooms if room >= length]
        if fitting:
            rooms[rooms.index(min(fitting))] -= length
        else:
            rooms.append(max(capacity, length) - length)
    return len(rooms)


@given(lengths=LENGTHS, capacity=st.integers(1, 200), seed=st.integers(0, 5))
def test_every_item_is_whole_in_one_row_that_holds_it(lengths: list[int], capacity: int, seed: int) -> None:
    rows = pack(lengths, capacity, seed)
    assert sorted(chain.from_iterable(rows)) == list(range(len(lengths)))
    assert all(len(row) == 1 or sum(lengths[index] for index in row) <= capacity for row in rows)


@given(lengths=LENGTHS, capacity=st.integers(1, 200), seed=st.integers(0, 5))
def test_there_are_as_many_rows_as_best_fit_makes_by_looking_at_all(
    lengths: list[int], capacity: int, seed: int
) -> None:
    assert len(pack(lengths, capacity, seed)) == plain_best_fit(lengths, capacity)


@given(lengths=LENGTHS, seed=st.integers(0, 5))
def test_the_same_seed_gives_the_same_rows(lengths: list[int], seed: int) -> None:
    assert pack(lengths, 150, seed) == pack(lengths, 150, seed)


def test_another_seed_mixes_equals_and_rows_anew() -> None:
    lengths = [10 + index % 30 for index in range(200)]
    assert sorted(map(sorted, pack(lengths, 100, 0))) != sorted(map(sorted, pack(lengths, 100, 1)))


def test_next_to_nothing_of_the_rows_is_empty() -> None:
    lengths = [200 + (index * 7919) % 1500 for index in range(3000)]
    assert len(pack(lengths, 8192, 0)) * 8192 < 1.02 * sum(lengths)
