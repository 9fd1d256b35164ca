"""How a run can fail under way: numbers that are not finite, memory that is too small, a disk that is full."""

from __future__ import annotations

import math
from pathlib import Path

from lamforge.errors import OutputError, TrainingError
from lamforge.train.recipe import TrainingRecipe


def check_finite(loss: float, gradient_norm: float, step: int) -> None:
    """Stops a run that has nothing left to learn from: weights are lost with the first gradient that is not finite.

    Raises:
        TrainingError: if the loss or the gradient's norm is not a finite number.
    """
    for name, value in (("loss", loss), ("gradient's norm", gradient_norm)):
        if not math.isfinite(value):
            raise TrainingError(
                f"the {name} is {value} at step {step}",
                remedy="Train into another folder with a lower training.learning_rate.",
            )


def disk_failed(error: BaseException) -> bool:
    """Whether a disk that is full or gone is behind an error: Python, safetensors and PyTorch each say it their way."""
    from safetensors import SafetensorError

    if isinstance(error, OSError):
        return True
    words = str(error)
    return (isinstance(error, SafetensorError) and "os error" in words.lower()) or (
        isinstance(error, RuntimeError) and ("PytorchStreamWriter" in words or "unexpected pos" in words)
    )


def cannot_save(error: Exception, out: Path) -> OutputError:
    """The error for a model or checkpoint that the disk does not take; what was whole before still is."""
    reason = getattr(error, "strerror", None) or error
    remedy = "Free some space and run the same command: it goes on from the last whole checkpoint."
    return OutputError(f"cannot be saved: {reason}", where=out, remedy=remedy)


def out_of_memory(training: TrainingRecipe) -> TrainingError:
    """The error for a micro-batch that does not fit, with the settings that help, the cheapest first."""
    smaller = [f"training.batch_tokens below {training.batch_tokens:,} (and training.accumulation up with it)"]
    if training.precision == "fp32":
        smaller.append("training.precision=bf16")
    if not training.gradient_checkpointing and training.batching == "packed":
        smaller.append("training.gradient_checkpointing=true")
    smaller.append("lora.rank=16")
    return TrainingError("a micro-batch does not fit into memory", remedy=f"Try, in this order: {', '.join(smaller)}.")
