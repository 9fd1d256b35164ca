"""A recipe in the words of transformers' Trainer."""

from __future__ import annotations

from pathlib import Path

from transformers import TrainingArguments

from lamforge.errors import TrainingError
from lamforge.train.processes import is_sharded
from lamforge.train.recipe import Recipe


def trainer_arguments(recipe: Recipe, out: Path) -> TrainingArguments:
    """The Trainer's settings for a run into `out`; schedule, batches and checkpoints are not its own to decide.

    Raises:
        TrainingError: if the recipe asks for what shards of a model cannot do.
    """
    training = recipe.training
    if training.optimizer == "muon" and is_sharded():
        raise TrainingError(
            "optimizer=muon needs whole matrices, and accelerate's configuration shards them",
            remedy="Use training.optimizer=adamw.",
        )
    if training.average and is_sharded():
        raise TrainingError(
            "training.average needs whole weights, and accelerate's configuration shards them",
            remedy="Set training.average=0.",
        )
    arguments = TrainingArguments(
        output_dir=str(out / "checkpoints"),
        per_device_train_batch_size=1,
        gradient_accumulation_steps=training.accumulation,
        num_train_epochs=1,
        learning_rate=training.learning_rate,
        max_grad_norm=training.clip,
        seed=training.seed,
        bf16=training.precision == "bf16" and is_sharded(),  # else `LamforgeTrainer` does it
        save_strategy="no",
        logging_steps=1,
        logging_nan_inf_filter=False,
        report_to=training.report_to or "none",
        run_name=recipe.name,
        disable_tqdm=True,
        remove_unused_columns=False,
        ddp_find_unused_parameters=False,
        dataloader_num_workers=0,
        dataloader_pin_memory=False,
    )
    arguments._n_gpu = min(1, arguments.n_gpu)  # several GPUs are for several processes: see docs/training.md
    return arguments
