"""What a run learns from: files to rows or pairs, some of them held out, and the objective over them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

from lamforge.data import Rows, forward_tokens, make_batches, make_rows
from lamforge.data.documents import make_document_rows
from lamforge.data.pairs import make_pairs
from lamforge.data.rows import Dropped
from lamforge.errors import DataError, UsageError
from lamforge.formats import Format
from lamforge.messages import Trajectory
from lamforge.train.objectives import Objective, Packed
from lamforge.train.preference import Preference
from lamforge.train.recipe import Recipe

Kind = Literal["sft", "dpo", "pretrain"]


@dataclass
class Material:
    """What a run learns from."""

    objective: Objective
    validation: Objective | None
    conversations: int
    tokens: int  # with a loss
    computed_per_token: float
    dropped: list[Dropped]  # longer than the context
    split: int
    unrendered: int  # conversations with texts that the format does not write


def make_material(
    kind: Kind, recipe: Recipe, fmt: Format, tokenizer: Any, model: Any, data: list[Path], held: list[Path]
) -> Material:
    """What a run learns from, and what is held out of it.

    Raises:
        UsageError: if texts are to be held out by task.
        DataError: if the data are wrong, or nothing is left of them.
    """
    from lamforge.train.start import context_length

    training, limit = recipe.training, context_length(recipe.model, model.config)
    share = 0.0 if held else training.validation_share

    def kept(trajectory: Trajectory) -> bool:
        return not is_held_out(trajectory, share, training.seed)

    def left_out(trajectory: Trajectory) -> bool:
        return bool(held) or is_held_out(trajectory, share, training.seed)

    others = held or (data if share else [])
    if kind == "dpo":
        preference = recipe.preference
        make = partial(make_pairs, fmt=fmt, tokenizer=tokenizer, max_length=limit, seed=training.seed)
        pairs = make(data, per_task=preference.pairs_per_task, wanted=kept)
        other = make(others, per_task=preference.pairs_per_task, wanted=left_out) if others else None
        validation = Preference(other, preference, training) if other else None
        objective = Preference(pairs, preference, training)
        tokens = sum(sum(pairs.rows.rows[row].trained) for pair in pairs.pairs for row in pair)
        return Material(
            objective, validation, len(pairs.pairs), tokens, 1.0, pairs.rows.dropped, 0, pairs.rows.unrendered
        )

    def rows_of(paths: list[Path], wanted: Callable[[Trajectory], bool]) -> Rows:
        if kind == "pretrain":
            return make_document_rows(paths, tokenizer, fmt.stop_tokens[1], limit)
        return make_rows(
            paths,
            fmt,
            tokenizer,
            limit,
            too_long=training.too_long,
            wanted=lambda trajectory: trajectory.reward != 0 and wanted(trajectory),
        )

    def objective_of(rows: Rows) -> Objective:
        return Packed(rows, training)

    if kind == "pretrain" and share:
        raise UsageError("texts have no tasks to hold out", remedy="Give --validation, a file of other texts.")
    rows = rows_of(data, kept)
    batches = make_batches(rows, training.batch_tokens, training.seed, training.batching)
    return Material(
        objective=objective_of(rows),
        validation=objective_of(_held_out(partial(rows_of, others, left_out), share)) if others else None,
        conversations=len(rows.rows),
        tokens=rows.trained_tokens,
        computed_per_token=forward_tokens(rows, batches, training.batching) / rows.conversation_tokens,
        dropped=rows.dropped,
        split=rows.split,
        unrendered=rows.unrendered,
    )


def _held_out(make: Callable[[], Rows], share: float) -> Rows:
    """What `make` gives; what it lacks is said of what is held out.

    Raises:
        DataError: if nothing is left to hold out.
    """
    try:
        return make()
    except DataError as error:
        if not share or error.what.partition(":")[0] != "nothing to train on":
            raise
        remedy = "Hold out a larger share, or give --validation, a file."
        raise DataError(f"nothing is held out by training.validation_share={share:g}", remedy=remedy) from error


def is_held_out(trajectory: Trajectory, share: float, seed: int) -> bool:
    """Whether a conversation is among the share of tasks that are held out; all of one task are, or none."""
    if not share:
        return False
    digest = hashlib.sha256(f"{seed}:{trajectory.domain}:{trajectory.task_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") < share * 2**64
