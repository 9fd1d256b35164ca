"""One run of the training loop: the Trainer is set up, resumed from the last whole checkpoint, interrupted, ended."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from torch import OutOfMemoryError

from lamforge.errors import LamforgeError, MissingExtraError, TrainingError, UsageError
from lamforge.train.arguments import trainer_arguments
from lamforge.train.checkpoints import Judge, Progress, Watch
from lamforge.train.curve import write_losses
from lamforge.train.failures import cannot_save, disk_failed
from lamforge.train.objectives import Objective
from lamforge.train.plan import Batches, Stage
from lamforge.train.preference import Preference
from lamforge.train.processes import is_main, world_size
from lamforge.train.recipe import Recipe
from lamforge.train.reference import set_reference
from lamforge.train.result import BEST
from lamforge.train.schedule import Clock
from lamforge.train.trainer import LamforgeTrainer
from lamforge.train.whole import cannot_resume, last_checkpoint, step_of

_REFERENCE = "reference.json"


@dataclass
class Outcome:
    """How a run ended."""

    steps: int
    loss: float
    resumed_from: int
    weights: Path | None  # the folder of the best evaluation's weights, if the recipe keeps those
    best: dict[str, Any] | None  # the evaluation whose weights these are
    evaluations: list[dict[str, Any]]
    stopped_early: bool
    save: Callable[[Path], None]  # writes the last weights into a folder; every process must call it


def run(
    recipe: Recipe,
    model: Any,
    stages: list[Stage],
    validation: Objective | None,
    out: Path,
    progress: Progress | None,
    judge: Judge | None,
    finish: Callable[[Path], None],
) -> Outcome:
    """Trains `model` in place.

    Raises:
        KeyboardInterrupt: after a checkpoint was written, if the user interrupts.
        TrainingError: if the loss is not finite, memory is too small, or the checkpoint cannot be loaded.
        OutputError: if a checkpoint cannot be written.
    """
    training = recipe.training
    checkpoint, record = last_checkpoint(out / "checkpoints")
    clock = Clock(training, record["seconds"])
    evaluates = validation is not None or judge is not None
    watch = Watch(training, out, clock, checkpoint, record, progress, judge, finish, evaluates=evaluates)
    objective = stages[0].objective
    trainer = _trainer(recipe, model, stages, validation, clock, watch, out)
    if isinstance(objective, Preference):
        held = [objective, validation] if isinstance(validation, Preference) else [objective]
        watch.prepare = lambda: set_reference(trainer, held, out / _REFERENCE)

    def interrupt(number: int, frame: FrameType | None) -> None:
        if watch.interrupt():
            raise KeyboardInterrupt

    previous = signal.signal(signal.SIGINT, interrupt)
    try:
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    except Exception as error:
        if checkpoint and not watch.began and not isinstance(error, LamforgeError | MemoryError | OutOfMemoryError):
            raise cannot_resume(error, checkpoint) from error
        if disk_failed(error):
            raise cannot_save(error, out) from error
        raise
    finally:
        signal.signal(signal.SIGINT, previous)
        if is_main():
            write_losses(out, watch.log, watch.evaluations, recipe.name)
    state = trainer.state
    if watch.interrupted and not watch.stopped_early and clock.share(state.global_step, state.max_steps) < 1.0:
        raise KeyboardInterrupt
    tail = [row["loss"] for row in watch.log[-max(1, len(watch.log) // 10) :]]
    best = watch.best()

    def save(folder: Path) -> None:
        with watch.averaged():
            trainer.save_weights(folder)

    return Outcome(
        steps=state.global_step,
        loss=sum(tail) / max(1, len(tail)),
        resumed_from=step_of(checkpoint),
        weights=out / BEST if best else None,
        best=best,
        evaluations=watch.evaluations,
        stopped_early=watch.stopped_early,
        save=save,
    )


def _trainer(
    recipe: Recipe,
    model: Any,
    stages: list[Stage],
    validation: Objective | None,
    clock: Clock,
    watch: Watch,
    out: Path,
) -> LamforgeTrainer:
    training = recipe.training
    if training.gradient_checkpointing:
        _recompute(model)
    os.environ.setdefault("TENSORBOARD_LOGGING_DIR", str(out / "logs"))
    try:
        trainer = LamforgeTrainer(
            stages[0].objective,
            validation,
            training,
            clock,
            watch,
            model=model,
            args=trainer_arguments(recipe, out),
            train_dataset=Batches(stages, clock, world_size()),
            data_collator=_only,
            callbacks=[watch],
        )
    except ValueError as error:
        raise UsageError(f"training.report_to: {error}") from error
    except RuntimeError as error:
        if "requires" in str(error):
            raise MissingExtraError(f"training.report_to: {error}", remedy="Install what it names.") from error
        raise
    if trainer.accelerator.num_processes != world_size():
        raise TrainingError(
            f"{world_size()} processes were started, and accelerate joins {trainer.accelerator.num_processes}",
            remedy="On machines without accelerators, set ACCELERATE_USE_CPU=true.",
        )
    return trainer


def _recompute(model: Any) -> None:
    """Lets each layer forget its activations and make them again going back."""
    enable = getattr(model, "activation_checkpointing_enable", None) or model.gradient_checkpointing_enable
    enable({"use_reentrant": False})
    model.config.use_cache = False


def _only(batches: list[dict[str, Any]]) -> dict[str, Any]:
    return batches[0]
