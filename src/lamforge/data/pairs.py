"""Pairs of an accepted and a rejected conversation of one task, for learning what to prefer.

Both are conversations that ended by themselves; one that an engine's or a network's failure ended is no wrong answer.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice, product
from pathlib import Path
from typing import Any

from lamforge.data.learnable import learnable_places
from lamforge.data.row_maker import RowMaker
from lamforge.data.rows import Row, Rows
from lamforge.errors import DataError
from lamforge.formats import Format
from lamforge.messages import Trajectory, canonical_json, content_id

_ENDED = ("stop", "max_turns")  # by what the agent or the user did
_TOGETHER = 64  # conversations that are tokenised at a time


@dataclass
class Pairs:
    """Rows, and which of them is preferred to which."""

    rows: Rows
    pairs: list[tuple[int, int]] = field(default_factory=list)  # (accepted, rejected): indices of rows
    tasks: int = 0  # that have at least one pair


def make_pairs(
    paths: list[Path],
    fmt: Format,
    tokenizer: Any,
    max_length: int,
    per_task: int,
    seed: int,
    wanted: Callable[[Trajectory], bool] = lambda trajectory: True,
) -> Pairs:
    """The pairs of all tasks of a domain that have conversations of both kinds, with the same tools and policy.

    Args:
        max_length: Tokens of a whole conversation; longer ones are dropped and counted.
        per_task: At most so many pairs of a task, chosen by the seed.
    Raises:
        DataError: if a file is wrong or holds an item of a benchmark, or no task has both.
    """
    maker = RowMaker(fmt, tokenizer, max_length)
    found: dict[tuple[str, ...], tuple[list[Row], list[Row]]] = {}
    read = (each for path in paths for each in learnable_places(path) if _counts(each[1]) and wanted(each[1]))
    while batch := list(islice(read, _TOGETHER)):
        for (_, trajectory), rows in zip(batch, maker.add(batch), strict=True):
            found.setdefault(_task(trajectory), ([], []))[trajectory.reward == 0].extend(rows)
    places = {id(row): index for index, row in enumerate(maker.data.rows)}
    result = Pairs(maker.data)
    for task, (accepted, rejected) in found.items():
        fitting = [(a, r) for a, r in product(accepted, rejected) if a.prefix == r.prefix and a.tokens != r.tokens]
        random.Random(content_id(*task, seed)).shuffle(fitting)
        result.pairs += [(places[id(a)], places[id(r)]) for a, r in fitting[:per_task]]
        result.tasks += bool(fitting)
    if not result.pairs:
        raise DataError(
            "no task has an accepted and a rejected conversation",
            where=", ".join(map(str, paths)),
            remedy="Both must be of one task, domain, policy and set of tools, with reward 1 and reward 0. Give "
            "both files of a run of several attempts a task: trajectories.jsonl and rejected.jsonl.",
        )
    return result


def _task(trajectory: Trajectory) -> tuple[str, ...]:
    """What two conversations share that are attempts at the same: names of tasks are others', and may be common ones.

    A variant in which a question or a refusal took the place of a call is an attempt at something else.
    """
    augmented = trajectory.provenance.get("augmented")
    changes = augmented.get("by") if isinstance(augmented, dict) else None
    other = sorted({"ask", "refuse"} & set(map(str, changes))) if isinstance(changes, list) else []
    return (trajectory.domain, trajectory.task_id, canonical_json(trajectory.tools), *other)


def _counts(trajectory: Trajectory) -> bool:
    speaks = any(message.role == "assistant" and message.weight != 0 for message in trajectory.messages)
    return speaks and (trajectory.reward == 1 or (trajectory.reward == 0 and trajectory.ended in _ENDED))
