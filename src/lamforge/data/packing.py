"""Which conversations share a packed row: whole ones, best fit, nothing cut and next to nothing wasted."""

from __future__ import annotations

from collections.abc import Sequence


def pack(lengths: Sequence[int], capacity: int, seed: int) -> list[list[int]]:
    """The indices of each packed row; every index is in exactly one, whole.

    Best-fit decreasing: the longest first, each into the fullest row that still has room. The free room of all rows is
    one integer with bit `s` set where some row has `s` tokens left, so that the best fit is its lowest bit from the
    length on.

    Args:
        lengths: Tokens of each conversation; one that is longer than `capacity` makes a row of its own.
        capacity: Tokens of a row.
        seed: Chooses among equals, and the order of the rows; the same seed gives the same rows.
    """
    import numpy as np

    sizes = np.asarray(lengths, dtype=np.int64)
    random = np.random.Generator(np.random.PCG64(seed))
    order = np.lexsort((random.random(len(sizes)), -sizes))
    rows: list[list[int]] = []
    with_room: dict[int, list[list[int]]] = {}
    room = 0
    for index, length in zip(order.tolist(), sizes[order].tolist(), strict=True):
        fits = room >> length
        if fits:
            left = length + (fits & -fits).bit_length() - 1
            rows_of_it = with_room[left]
            row = rows_of_it.pop()
            if not rows_of_it:
                room ^= 1 << left
                del with_room[left]
            row.append(index)
        else:
            left = max(capacity, length)
            row = [index]
            rows.append(row)
        left -= length
        if left:
            room |= 1 << left
            with_room.setdefault(left, []).append(row)
    return [rows[index] for index in random.permutation(len(rows)).tolist()]
