"""Which rows are trained together, in one of two ways.

`packed`: whole conversations end to end in one row, of any prefix, nothing filled up. `shared_prefix`: rows of one
prefix and of similar length beside each other, the prefix computed once for all; for data of a single domain.
"""

from __future__ import annotations

import random
from typing import Literal

from lamforge.data.packing import pack
from lamforge.data.rows import Rows

_WINDOW = 64  # batches' worth of shuffled rows that are sorted by length together


Batching = Literal["packed", "shared_prefix"]


def make_batches(data: Rows, budget: int, seed: int, batching: Batching = "packed") -> list[list[int]]:
    """Row indices of each micro-batch of one epoch; every row is in exactly one.

    Args:
        budget: Tokens of a micro-batch: all of them if packed, else those after the prefix, padding included. A longer
            row makes a batch of its own.
        seed: Chooses the order; the same seed gives the same batches.
    """
    if batching == "packed":
        return pack([data.length(row) for row in data.rows], budget, seed)
    return _of_one_prefix(data, budget, seed)


def forward_tokens(data: Rows, batches: list[list[int]], batching: Batching = "packed") -> int:
    """Tokens that the batches compute, prefixes and padding included."""
    if batching == "packed":
        return sum(data.length(data.rows[index]) for batch in batches for index in batch)
    total = 0
    for batch in batches:
        lengths = [len(data.rows[index].tokens) for index in batch]
        total += len(data.prefixes[data.rows[batch[0]].prefix]) + max(lengths) * len(lengths)
    return total


def _of_one_prefix(data: Rows, budget: int, seed: int) -> list[list[int]]:
    order = random.Random(seed)
    batches: list[list[int]] = []
    groups: list[list[int]] = [[] for _ in data.prefixes]
    for index, row in enumerate(data.rows):
        groups[row.prefix].append(index)
    for rows in groups:
        order.shuffle(rows)
        typical = max(1, budget * len(rows) // max(1, sum(len(data.rows[index].tokens) for index in rows)))
        for start in range(0, len(rows), typical * _WINDOW):
            window = rows[start : start + typical * _WINDOW]
            batches += _cut(sorted(window, key=lambda index: len(data.rows[index].tokens)), data, budget)
    order.shuffle(batches)
    return batches


def _cut(rows: list[int], data: Rows, budget: int) -> list[list[int]]:
    """Rows in order of length, cut where the next one would break the budget."""
    batches: list[list[int]] = []
    current: list[int] = []
    for index in rows:
        if current and len(data.rows[index].tokens) * (len(current) + 1) > budget:
            batches.append(current)
            current = []
        current.append(index)
    return [*batches, current] if current else batches
