"""Which rows are trained together, in one of two ways.

`packed`: whole conversations end to end in one row, nothing filled up. `shared_prefix`: those of one prefix together,
the prefix once for all of them.
"""

from __future__ import annotations

import random
from typing import Literal

from lamforge.data.packing import pack
from lamforge.data.rows import Rows

Batching = Literal["packed", "shared_prefix"]


def make_batches(data: Rows, budget: int, seed: int, batching: Batching = "packed") -> list[list[int]]:
    """Row indices of each micro-batch of one epoch; every row is in exactly one.

    Args:
        budget: Tokens of a micro-batch. A longer row makes a batch of its own; conversations that share a prefix have
            so many after it.
        seed: Chooses the order; the same seed gives the same batches.
    """
    if batching == "packed":
        return pack([data.length(row) for row in data.rows], budget, seed)
    return _sharing(data, budget, seed)


def forward_tokens(data: Rows, batches: list[list[int]], batching: Batching = "packed") -> int:
    """Tokens that the batches compute, prefixes and padding included."""
    if batching == "packed":
        return sum(data.length(data.rows[index]) for batch in batches for index in batch)
    rows = [[data.rows[index] for index in batch] for batch in batches]
    shared = sum(len(data.prefixes[prefix]) for batch in rows for prefix in {row.prefix for row in batch})
    return shared + sum(len(row.tokens) for batch in rows for row in batch)


def _sharing(data: Rows, budget: int, seed: int) -> list[list[int]]:
    order = random.Random(seed)
    groups: list[list[int]] = [[] for _ in data.prefixes]
    for index, row in enumerate(data.rows):
        groups[row.prefix].append(index)
    parts: list[list[int]] = []
    lengths: list[int] = []
    for prefix, rows in zip(data.prefixes, groups, strict=True):
        order.shuffle(rows)
        sizes = [len(data.rows[index].tokens) for index in rows]
        for part in pack(sizes, budget, order.getrandbits(32)):
            parts.append([rows[number] for number in part])
            lengths.append(min(budget, len(prefix) + sum(sizes[number] for number in part)))
    return [[index for part in batch for index in parts[part]] for batch in pack(lengths, budget, seed)]
