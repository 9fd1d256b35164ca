"""Which rows are trained together, in one of two ways.

`packed`: whole conversations end to end in one row, nothing filled up. `shared_prefix`: those of one prefix together,
the prefix once for all of them.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Literal

from lamforge.data.packing import pack
from lamforge.data.rows import Rows

Batching = Literal["packed", "shared_prefix"]


def make_batches(
    data: Rows, budget: int, seed: int, batching: Batching = "packed", taken: Sequence[int] | None = None
) -> list[list[int]]:
    """Row indices of each micro-batch of one pass; every row of it is in exactly one.

    Args:
        taken: The rows of the pass; by default each once.
        budget: Tokens of a micro-batch. A longer row makes a batch of its own; conversations that share a prefix have
            so many after it.
        seed: Chooses the order; the same seed gives the same batches.
    """
    taken = range(len(data.rows)) if taken is None else taken
    if batching == "packed":
        packed = pack([data.length(data.rows[index]) for index in taken], budget, seed)
        return [[taken[number] for number in batch] for batch in packed]
    return _sharing(data, budget, seed, taken)


def forward_tokens(data: Rows, batches: list[list[int]], batching: Batching = "packed") -> int:
    """Tokens that the batches compute, prefixes and padding included."""
    if batching == "packed":
        return sum(data.length(data.rows[index]) for batch in batches for index in batch)
    rows = [[data.rows[index] for index in batch] for batch in batches]
    shared = sum(len(data.prefixes[prefix]) for batch in rows for prefix in {row.prefix for row in batch})
    return shared + sum(len(row.tokens) for batch in rows for row in batch)


def _sharing(data: Rows, budget: int, seed: int, taken: Sequence[int]) -> list[list[int]]:
    order = random.Random(seed)
    groups: list[list[int]] = [[] for _ in data.prefixes]
    for index in taken:
        groups[data.rows[index].prefix].append(index)
    parts: list[list[int]] = []
    lengths: list[int] = []
    for prefix, rows in zip(data.prefixes, groups, strict=True):
        order.shuffle(rows)
        sizes = [len(data.rows[index].tokens) for index in rows]
        for part in pack(sizes, budget, order.getrandbits(32)):
            parts.append([rows[number] for number in part])
            lengths.append(min(budget, len(prefix) + sum(sizes[number] for number in part)))
    return [[index for part in batch for index in parts[part]] for batch in pack(lengths, budget, seed)]
