"""The training loop: transformers' Trainer with ready-made micro-batches, exact sums, and a schedule by the clock.

One process with `accumulation=2` and two with 1 take the same steps: the micro-batches stand in one order, each step
takes the next ones, and its loss is the mean over all their tokens wherever they were computed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from transformers import Trainer

from lamforge.train.checkpoints import Watch
from lamforge.train.failures import out_of_memory
from lamforge.train.objectives import Objective
from lamforge.train.optimizer import make_optimizer
from lamforge.train.recipe import TrainingRecipe
from lamforge.train.schedule import Clock, rate


class LamforgeTrainer(Trainer):
    """A Trainer whose batches are ready made and whose loss is an objective's."""

    def __init__(
        self,
        objective: Objective,
        validation: Objective | None,
        training: TrainingRecipe,
        clock: Clock,
        watch: Watch,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self._objective, self._validation = objective, validation
        self._training, self._clock, self._watch = training, clock, watch
        self._sums: dict[str, float] = {}
        self.model_accepts_loss_kwargs = True
        watch.trainer = self
        for callback in [each for each in self.callback_handler.callbacks if type(each).__name__ == "PrinterCallback"]:
            self.remove_callback(callback)

    def _get_train_sampler(self, train_dataset: Any = None) -> Any:
        return torch.utils.data.SequentialSampler(self.train_dataset)  # type: ignore[arg-type]

    def get_batch_samples(self, epoch_iterator: Any, num_batches: int, device: Any) -> Any:
        samples = [batch for _, batch in zip(range(num_batches), epoch_iterator, strict=False)]
        count = self.summed(sum(batch["count"] for batch in samples))
        self._clock.tokens += int(count)
        return samples, torch.tensor(max(1, int(count)), device=device)

    def summed(self, *values: float) -> Any:
        """The sum over all processes, of one value or several."""
        if self.accelerator.num_processes == 1:
            return values[0] if len(values) == 1 else list(values)
        total = self.accelerator.reduce(torch.tensor(values, dtype=torch.float64, device=self.args.device), "sum")
        return total.item() if len(values) == 1 else total.tolist()

    def autocast(self) -> Any:
        """The precision that the recipe computes in."""
        return torch.autocast(self.args.device.type, torch.bfloat16, enabled=self._training.precision == "bf16")

    def compute_loss(
        self, model: Any, inputs: Any, return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        with self.autocast():
            total, sums = self._objective.loss(model, inputs)
        for name, value in sums.items():
            self._sums[name] = self._sums.get(name, 0.0) + value
        # Processes' gradients are averaged; the sum of all over the number of all is meant.
        loss = total * self.accelerator.num_processes / num_items_in_batch
        return (loss, None) if return_outputs else loss

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Adds what the objective counted since the last line, as means over its units."""
        if "loss" in logs and self._sums:
            counted = self._sums.pop("count")
            totals = self.summed(counted, *self._sums.values())
            logs |= {name: value / max(1.0, totals[0]) for name, value in zip(self._sums, totals[1:], strict=True)}
            self._sums = {}
        super().log(logs, start_time)

    def evaluate(self, *args: Any, **options: Any) -> dict[str, float]:
        """The loss on what is held out, and the score that the watch's judge gives the model as it is."""
        metrics = {}
        with self._watch.averaged():
            if self._validation is not None:
                metrics["eval_loss"] = self._validation_loss(self._validation)
            metrics |= self._watch.judged()
            self.log(metrics)
            self._watch.evaluated(metrics)
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics

    def _validation_loss(self, validation: Objective) -> float:
        batches = validation.batches(0)
        processes, mine = self.accelerator.num_processes, self.accelerator.process_index
        total, count = 0.0, 0
        self.model_wrapped.eval()
        with torch.no_grad(), self.autocast():
            for start in range(0, len(batches), processes):
                here = start + mine < len(batches)
                batch = validation.collate(batches[start + mine], 1.0) if here else validation.nothing()
                loss, _ = validation.loss(self.model_wrapped, self._prepare_inputs(batch))
                total, count = total + float(loss), count + batch["count"]
        total, count = self.summed(total, count)
        return total / max(1, count)

    def create_optimizer(self, model: Any = None) -> Any:
        """The recipe's optimizer."""
        self.optimizer = make_optimizer(model if model is not None else self.model, self._training)
        return self.optimizer

    def create_scheduler(self, num_training_steps: int, optimizer: Any = None) -> Any:
        """The recipe's schedule, over steps or minutes."""

        def relative(step: int) -> float:
            return rate(self._training, self._clock.share(step, num_training_steps), num_training_steps)

        self.lr_scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer or self.optimizer, relative)  # type: ignore[arg-type]
        return self.lr_scheduler

    def training_step(self, *args: Any, **options: Any) -> Any:
        """One micro-batch.

        Raises:
            TrainingError: if it does not fit into memory, saying what makes it smaller.
        """
        try:
            return super().training_step(*args, **options)
        except (torch.OutOfMemoryError, MemoryError) as error:
            raise out_of_memory(self._training) from error
        except RuntimeError as error:
            if "can't allocate memory" in str(error):  # how PyTorch says it on a CPU
                raise out_of_memory(self._training) from error
            raise

    def save_weights(self, folder: Path) -> None:
        """Writes config and safetensors of the model, or its adapters, into a folder; every process must call it."""
        state = self.accelerator.get_state_dict(self.model_wrapped)
        if self.accelerator.is_main_process:
            model = self.accelerator.unwrap_model(self.model_wrapped)
            if model.config.tie_word_embeddings:  # gathered from shards, one tensor may stand there under two names
                state.pop("lm_head.weight", None)
            model.save_pretrained(folder, state_dict=state)
        self.accelerator.wait_for_everyone()
