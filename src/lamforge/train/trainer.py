"""The training loop: transformers' Trainer with shared-prefix batches, a schedule by steps or clock, checkpoints.

A checkpoint counts only with the marker that is written after everything else, so a half-written one is never resumed.
"""

from __future__ import annotations

import json
import math
import shutil
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from transformers import Trainer, TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from lamforge.data import Rows, make_batches
from lamforge.journal import write_atomically
from lamforge.train.loss import collate, shared_prefix_loss
from lamforge.train.recipe import Recipe
from lamforge.train.sft import Progress, check_loss

_WHOLE = "whole"  # the marker of a finished checkpoint; holds the seconds trained so far


@dataclass
class Outcome:
    """How a run ended."""

    steps: int
    loss: float
    resumed_from: int


class _Batches(torch.utils.data.Dataset):
    """All micro-batches of all epochs, in order."""

    def __init__(self, rows: Rows, recipe: Recipe, pad: int, clock: _Clock) -> None:
        self._rows, self._pad, self._clock, self._recipe = rows, pad, clock, recipe
        training = recipe.training
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
        with_prefix = self._clock.share(index, len(self)) >= self._recipe.training.without_prefix
        return collate(prefix, [(row.tokens, row.trained) for row in chosen], self._pad, with_prefix)


class _Clock:
    """How far the run is: by steps, or by time where that ends sooner."""

    def __init__(self, recipe: Recipe, before: float) -> None:
        self._limit = recipe.training.max_minutes * 60 if recipe.training.max_minutes else math.inf
        self._start = time.monotonic() - before

    @property
    def seconds(self) -> float:
        """Time trained so far, earlier sittings included."""
        return time.monotonic() - self._start

    def share(self, step: int, steps: int) -> float:
        """0 at the start, 1 at the end."""
        return min(1.0, max(step / max(1, steps), self.seconds / self._limit))


class _PrefixTrainer(Trainer):
    """A Trainer whose batches are ready made and whose rows share a prefix."""

    def __init__(self, recipe: Recipe, clock: _Clock, **options: Any) -> None:
        super().__init__(**options)
        self._recipe, self._clock = recipe, clock
        self.model_accepts_loss_kwargs = True
        self.trained_tokens = 0  # in this sitting

    def _get_train_sampler(self, train_dataset: Any = None) -> Any:
        return torch.utils.data.SequentialSampler(self.train_dataset)  # type: ignore[arg-type]

    def get_batch_samples(self, epoch_iterator: Any, num_batches: int, device: Any) -> Any:
        samples = [batch for _, batch in zip(range(num_batches), epoch_iterator, strict=False)]
        trained = sum(int((batch["labels"][:, 1:] != -100).sum()) for batch in samples)
        self.trained_tokens += trained
        return samples, torch.tensor(trained, device=device)

    def create_optimizer(self, model: Any = None) -> Any:
        training = self._recipe.training
        embeddings = self.model.get_input_embeddings().weight
        others = [weight for weight in self.model.parameters() if weight.requires_grad and weight is not embeddings]
        rate = training.learning_rate
        groups = [
            {"params": [w for w in others if w.ndim >= 2], "lr": rate, "weight_decay": training.weight_decay},
            {"params": [w for w in others if w.ndim < 2], "lr": rate, "weight_decay": 0.0},
            {"params": [embeddings], "lr": rate * training.embedding_rate, "weight_decay": 0.0},
        ]
        self.optimizer = torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.95), fused=True)
        return self.optimizer

    def compute_loss(
        self, model: Any, inputs: Any, return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        with torch.autocast(self.args.device.type, torch.bfloat16, enabled=self._recipe.training.precision == "bf16"):
            total, count = shared_prefix_loss(model, inputs)
        loss = total / (num_items_in_batch if num_items_in_batch is not None else max(1, count))
        return (loss, None) if return_outputs else loss

    def create_scheduler(self, num_training_steps: int, optimizer: Any = None) -> Any:
        training = self._recipe.training

        def rate(step: int) -> float:
            share = self._clock.share(step, num_training_steps)
            if share < training.warmup:
                return max(share, 1 / max(1, num_training_steps)) / training.warmup
            cosine = (1 + math.cos(math.pi * (share - training.warmup) / max(1e-9, 1 - training.warmup))) / 2
            return training.final_rate + (1 - training.final_rate) * cosine

        self.lr_scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer or self.optimizer, rate)  # type: ignore[arg-type]
        return self.lr_scheduler


class _Watch(TrainerCallback):
    """Progress, the log, the clock, checkpoints, and Ctrl-C."""

    def __init__(
        self, recipe: Recipe, clock: _Clock, out: Path, log: list[dict[str, Any]], progress: Progress | None
    ) -> None:
        self._clock, self._out, self._log, self._progress = clock, out, log, progress
        self._save_every = recipe.training.save_minutes * 60
        self._saved = clock.seconds
        self.interrupted = False

    def on_log(self, args: Any, state: TrainerState, control: TrainerControl, logs: Any = None, **kwargs: Any) -> None:
        if not logs or "loss" not in logs:
            return
        check_loss(logs["loss"], state.global_step)
        row = {"step": state.global_step, "loss": round(logs["loss"], 5), "learning_rate": logs.get("learning_rate")}
        self._log.append(row | {"gradient_norm": logs.get("grad_norm"), "seconds": round(self._clock.seconds, 1)})
        if self._progress is not None:
            share = self._clock.share(state.global_step, state.max_steps)
            steps = round(state.global_step / share) if share else state.max_steps
            self._progress(
                state.global_step, max(state.global_step, min(steps, state.max_steps)), f"loss {logs['loss']:.3f}"
            )

    def on_step_end(self, args: Any, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        if self._clock.share(state.global_step, state.max_steps) >= 1.0:
            control.should_training_stop = True
        if self.interrupted or self._clock.seconds - self._saved > self._save_every:
            control.should_save = True
        if self.interrupted:
            control.should_training_stop = True

    def on_save(self, args: Any, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        folder = Path(args.output_dir) / f"checkpoint-{state.global_step}"
        record = {"seconds": self._clock.seconds, "log": self._log}
        write_atomically(folder / _WHOLE, json.dumps(record))
        self._saved = self._clock.seconds
        for other in Path(args.output_dir).glob("checkpoint-*"):
            if other != folder:
                shutil.rmtree(other, ignore_errors=True)


def run(recipe: Recipe, model: Any, pad: int, rows: Rows, out: Path, progress: Progress | None) -> Outcome:
    """Trains `model` in place.

    Raises:
        KeyboardInterrupt: after a checkpoint was written, if the user interrupts.
        TrainingError: if the loss is not finite.
    """
    checkpoint, record = _last_checkpoint(out / "checkpoints")
    clock = _Clock(recipe, record["seconds"])
    log: list[dict[str, Any]] = record["log"]
    training = recipe.training
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
        report_to="none",
        disable_tqdm=True,
        remove_unused_columns=False,
        dataloader_num_workers=0,
        dataloader_pin_memory=False,
        logging_nan_inf_filter=False,
    )
    watch = _Watch(recipe, clock, out, log, progress)
    trainer = _PrefixTrainer(
        recipe,
        clock,
        model=model,
        args=arguments,
        train_dataset=_Batches(rows, recipe, pad, clock),
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
        (out / "loss.jsonl").write_text("".join(json.dumps(row) + "\n" for row in log), encoding="utf-8")
    if watch.interrupted:
        raise KeyboardInterrupt
    tail = [row["loss"] for row in log[-max(1, len(log) // 10) :]]
    return Outcome(trainer.state.global_step, sum(tail) / max(1, len(tail)), log_start(checkpoint))


def log_start(checkpoint: Path | None) -> int:
    """The step that a checkpoint was written at."""
    return int(checkpoint.name.rpartition("-")[2]) if checkpoint else 0


def _last_checkpoint(folder: Path) -> tuple[Path | None, dict[str, Any]]:
    """The latest whole checkpoint and what its marker says."""
    whole = [path.parent for path in folder.glob(f"checkpoint-*/{_WHOLE}")]
    if not whole:
        return None, {"seconds": 0.0, "log": []}
    last = max(whole, key=log_start)
    return last, json.loads((last / _WHOLE).read_text(encoding="utf-8"))
