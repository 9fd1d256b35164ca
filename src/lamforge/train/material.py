"""What a run learns from: files to rows or pairs, some of them held out, and the objective over them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from lamforge.data import Passes, RowMaker, Rows, forward_tokens, make_passes
from lamforge.data.pairs import make_pairs
from lamforge.data.passes import succeeded
from lamforge.data.rows import Dropped
from lamforge.errors import DataError, UsageError
from lamforge.formats import Format
from lamforge.messages import Trajectory
from lamforge.train.kept import kept_tokens
from lamforge.train.objectives import Objective, Packed, Repeats
from lamforge.train.plan import Stage
from lamforge.train.preference import Preference
from lamforge.train.recipe import Kind, PhaseRecipe, Recipe, phases_of
from lamforge.train.repeats import words_of


@dataclass
class Material:
    """What a run learns from."""

    stages: list[Stage]
    validation: Objective | None
    conversations: int  # of the first epoch; of all phases
    tokens: int  # with a loss, of those
    computed_per_token: float
    dropped: list[Dropped]  # longer than the context
    split: int
    unrendered: int  # conversations with texts that the format does not write


def make_material(
    kind: Kind,
    recipe: Recipe,
    fmt: Format,
    tokenizer: Any,
    model: Any,
    data: list[Path],
    held: list[Path],
    folder: Path,
) -> Material:
    """What a run learns from, and what is held out of it.

    Args:
        folder: Where tokens are kept, for all processes and all sittings.
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

    read = [[Path(name) for name in phase.data] or data for phase in phases_of(recipe)]
    others = held or (sorted({path for paths in read for path in paths}) if share else [])
    if kind == "dpo":
        preference = recipe.preference
        make = partial(make_pairs, fmt=fmt, tokenizer=tokenizer, max_length=limit, seed=training.seed)
        pairs = make(data, per_task=preference.pairs_per_task, wanted=kept)
        other = make(others, per_task=preference.pairs_per_task, wanted=left_out) if others else None
        validation = Preference(other, preference, training) if other else None
        objective = Preference(pairs, preference, training)
        tokens = sum(sum(pairs.rows.rows[row].trained) for pair in pairs.pairs for row in pair)
        stage = Stage(objective, training.epochs)
        return Material(
            [stage], validation, len(pairs.pairs), tokens, 1.0, pairs.rows.dropped, 0, pairs.rows.unrendered
        )

    def passes_of(name: str, paths: list[Path], wanted: Callable[[Trajectory], bool], phase: PhaseRecipe) -> Passes:
        def make(rows: Rows) -> Passes:
            return make_passes(
                paths,
                RowMaker(fmt, tokenizer, min(limit, phase.context_length or limit), training.too_long, rows),
                loss="all" if kind == "pretrain" else "assistant",
                wanted=lambda trajectory: succeeded(trajectory) and wanted(trajectory),
                epochs=phase.epochs,
                tokens=phase.tokens,
            )

        return kept_tokens(folder / name, make)

    words = words_of(tokenizer)

    def stage_of(passes: Passes, phase: PhaseRecipe, repeats: float = 0.0) -> Stage:
        size = phase.batch_tokens or training.batch_tokens
        settings = training.model_copy(update={"batch_tokens": size, "repeats": repeats})
        return Stage(Packed(passes, settings, words), phase.epochs, phase.tokens)

    if kind == "pretrain" and share:
        raise UsageError("texts have no tasks to hold out", remedy="Give --validation, a file of other texts.")
    once = PhaseRecipe.model_validate({})
    beginning = [Stage(Repeats(training, words), 1.0)] if training.repeats_first else []
    validation_stage = (
        stage_of(_held_out(partial(passes_of, "validation", others, left_out, once), share), once).objective
        if others
        else None
    )
    made = Material(beginning, validation_stage, 0, 0, 1.0, [], 0, 0)
    computed = seen = 0
    for number, (phase, paths) in enumerate(zip(phases_of(recipe), read, strict=True)):
        passes = passes_of(f"phase-{number}", paths, kept, phase)
        stage, rows, first = stage_of(passes, phase, training.repeats), passes.rows, passes.taken(0)
        made.stages.append(stage)
        made.conversations += len(first)
        made.tokens += sum(rows.trained(rows.rows[index]) for index in first)
        made.dropped += rows.dropped
        made.split += rows.split
        made.unrendered += rows.unrendered
        computed += forward_tokens(rows, stage.objective.batches(0), training.batching)
        seen += sum(rows.length(rows.rows[index]) for index in first)
    made.computed_per_token = computed / seen
    return made


def _held_out(make: Callable[[], Passes], share: float) -> Passes:
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
