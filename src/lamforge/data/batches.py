"""Which rows are trained together: rows of one prefix and of similar length, within a budget of tokens."""

from __future__ import annotations

import random

from lamforge.data.rows import Rows

_WINDOW = 64  # batches' worth of shuffled rows that are sorted by length together


def make_batches(data: Rows, budget: int, seed: int) -> list[list[int]]:
    """Row indices of each micro-batch of one epoch; every row is in exactly one.

    Args:
        budget: Tokens of a micro-batch after the prefix, padding included; a longer row makes a batch of its own.
        seed: Chooses the order; the same seed gives the same batches.
    """
    order = random.Random(seed)
    batches: list[list[int]] = []
    for prefix in range(len(data.prefixes)):
        rows = [index for index, row in enumerate(data.rows) if row.prefix == prefix]
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
