"""The training loop: transformers' Trainer with shared-prefix batches and a schedule that can end by the clock."""

from __future__ import annotations

import json
import math
import signal
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from transformers import Trainer, TrainingArguments

from lamforge.data import Rows, make_batches
from lamforge.journal import write_atomically
from lamforge.train.checkpoints import Watch, last_checkpoint, step_of
from lamforge.train.loss import IGNORED, collate, shared_prefix_loss
from lamforge.train.optimizer import make_optimizer
from lamforge.train.recipe import Recipe, TrainingRecipe
from lamforge.train.schedule import Clock, rate
from lamforge.train.sft import Progress


@dataclass
class Outcome:
    """How a run ended."""

    steps: int
    loss: float
    resumed_from: int


class _Batches(torch.utils.data.Dataset):
    """All micro-batches of all epochs, in order."""

    def __init__(self, rows: Rows, training: TrainingRecipe, pad: int, clock: Clock) -> None:
        self._rows, self._training, self._pad, self._clock = rows, training, pad, clock
        self._batches: list[list[int]] = []
        for epoch in range(math.ceil(training.epochs)):
            share = min(1.0, training.epochs - epoch)
            batches = make_batches(rows, training.batch_tokens, training.seed + epoch)
            self._batches += batches[: math.ceil(len(batches) * share)]

    def __len__(self) -> int:
        return len(self._batches)

    def __getitem__(self, index: int) -> dict[str, Any]:
        chosen = [self._rows.rows[row] for row in self._batches[index]]
        prefix = self._rows.prefixes[chosen[0].prefix]
        seen = self._clock.share(index, len(self)) ** self._training.prefix_growth
        return collate(prefix, [(row.tokens, row.trained) for row in chosen], self._pad, seen)


class _PrefixTrainer(Trainer):
    """A Trainer whose batches are ready made and whose rows share a prefix."""

    def __init__(self, training: TrainingRecipe, clock: Clock, **options: Any) -> None:
        super().__init__(**options)
        self._training, self._clock = training, clock
        self.model_accepts_loss_kwargs = True

    def _get_train_sampler(self, train_dataset: Any = None) -> Any:
        return torch.utils.data.SequentialSampler(self.train_dataset)  # type: ignore[arg-type]

    def get_batch_samples(self, epoch_iterator: Any, num_batches: int, device: Any) -> Any:
        samples = [batch for _, batch in zip(range(num_batches), epoch_iterator, strict=False)]
        trained = sum(int((batch["labels"][:, 1:] != IGNORED).sum()) for batch in samples)
        self._clock.tokens += trained
        return samples, torch.tensor(trained, device=device)

    def compute_loss(
        self, model: Any, inputs: Any, return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        with torch.autocast(self.args.device.type, torch.bfloat16, enabled=self._training.precision == "bf16"):
            total, count = shared_prefix_loss(model, inputs)
        loss = total / (num_items_in_batch if num_items_in_batch is not None else max(1, count))
        return (loss, None) if return_outputs else loss

    def create_optimizer(self, model: Any = None) -> Any:
        self.optimizer = make_optimizer(model or self.model, self._training)
        return self.optimizer

    def create_scheduler(self, num_training_steps: int, optimizer: Any = None) -> Any:
        def relative(step: int) -> float:
            return rate(self._training, self._clock.share(step, num_training_steps), num_training_steps)

        self.lr_scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer or self.optimizer, relative)  # type: ignore[arg-type]
        return self.lr_scheduler


def run(recipe: Recipe, model: Any, pad: int, rows: Rows, out: Path, progress: Progress | None) -> Outcome:
    """Trains `model` in place.

    Raises:
        KeyboardInterrupt: after a checkpoint was written, if the user interrupts.
        TrainingError: if the loss is not finite.
    """
    training = recipe.training
    checkpoint, record = last_checkpoint(out / "checkpoints")
    clock = Clock(training, record["seconds"])
    log: list[dict[str, Any]] = record["log"]
    arguments = TrainingArguments(
        output_dir=str(out / "checkpoints"),
        per_device_train_batch_size=1,
        gradient_accumulation_steps=training.accumulation,
        num_train_epochs=1,
        learning_rate=training.learning_rate,
        max_grad_norm=training.clip,
        seed=training.seed,
        save_strategy="no",
        logging_steps=1,
        logging_nan_inf_filter=False,
        report_to="none",
        disable_tqdm=True,
        remove_unused_columns=False,
        dataloader_num_workers=0,
        dataloader_pin_memory=False,
    )
    watch = Watch(training, clock, log, progress)
    trainer = _PrefixTrainer(
        training,
        clock,
        model=model,
        args=arguments,
        train_dataset=_Batches(rows, training, pad, clock),
        data_collator=lambda batches: batches[0],
        callbacks=[watch],
    )
    for callback in [c for c in trainer.callback_handler.callbacks if type(c).__name__ == "PrinterCallback"]:
        trainer.remove_callback(callback)

    def interrupt(number: int, frame: FrameType | None) -> None:
        if watch.interrupted:
            raise KeyboardInterrupt
        watch.interrupted = True

    previous = signal.signal(signal.SIGINT, interrupt)
    try:
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    finally:
        signal.signal(signal.SIGINT, previous)
        write_atomically(out / "loss.jsonl", "".join(json.dumps(row) + "\n" for row in log))
    state = trainer.state
    if watch.interrupted and clock.share(state.global_step, state.max_steps) < 1.0:
        raise KeyboardInterrupt
    tail = [row["loss"] for row in log[-max(1, len(log) // 10) :]]
    return Outcome(trainer.state.global_step, sum(tail) / max(1, len(tail)), step_of(checkpoint))
