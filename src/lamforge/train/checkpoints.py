"""Progress, the log, evaluations, checkpoints and Ctrl-C of a training run.

The checkpoint before the last one is kept, too: `lamforge.train.whole` goes back to it if the last one is damaged.
"""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState

from lamforge.train.average import Average
from lamforge.train.curve import write_losses
from lamforge.train.failures import check_finite
from lamforge.train.recipe import TrainingRecipe
from lamforge.train.result import BEST
from lamforge.train.schedule import Clock
from lamforge.train.whole import mark_whole, remove_others

Progress = Callable[[int, int, str], None]  # (steps done, steps of the run, note such as the loss)
Judge = Callable[[Path], float]  # pass^1 of the model in a folder, between 0 and 1

_CANDIDATE = ".candidate"  # a model that is being judged
_LOGGED = {"loss", "grad_norm", "learning_rate", "epoch"}


class Watch(TrainerCallback):
    """Watches a run for transformers' Trainer, in each of its processes."""

    trainer: Any  # the Trainer says who it is

    def __init__(
        self,
        training: TrainingRecipe,
        out: Path,
        clock: Clock,
        checkpoint: Path | None,
        record: dict[str, Any],
        progress: Progress | None,
        judge: Judge | None,
        finish: Callable[[Path], None],
        *,
        evaluates: bool,
    ) -> None:
        """`checkpoint`: where the run goes on, and `record`: what its marker says. `finish`: makes weights a model."""
        self._training, self._out, self._clock = training, out, clock
        self.log: list[dict[str, Any]] = record["log"]
        self.evaluations: list[dict[str, Any]] = record["evaluations"]
        self._progress, self._judge, self._finish = progress, judge, finish
        self._evaluates = evaluates
        self._save_every = training.save_minutes * 60
        self._saved = clock.seconds
        self._last = checkpoint
        self.began = False  # a step: all that is to be loaded is loaded
        self._interrupted = False  # this process
        self.interrupted = False  # any
        self.stopped_early = False
        self._average: Average | None = None
        self.prepare: Callable[[], None] = lambda: None  # called when the model is where it will be trained

    def on_train_begin(self, args: Any, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """Lets an objective look at the model before the first step."""
        self.prepare()
        if self._training.average:
            self._average = Average(kwargs["model"], self._training.average, self._last)

    def averaged(self) -> AbstractContextManager[None]:
        """A context in which the model has the running mean for its weights, if the recipe keeps one."""
        return self._average.taken() if self._average else nullcontext()

    def interrupt(self) -> bool:
        """Asks for a checkpoint and the end; returns whether that was asked before."""
        before, self._interrupted = self._interrupted, True
        return before

    def on_step_begin(self, args: Any, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """Lets the processes agree on the time; once a run goes on, what it does not go on from can go."""
        if not self.began and self.trainer.is_world_process_zero():
            remove_others(Path(args.output_dir), self._last)
        self.began = True
        self._agree()

    def on_step_end(self, args: Any, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """Asks for an evaluation, a checkpoint or the end."""
        self._agree()
        if self._average:
            self._average.update(state.global_step)
        share = self._clock.share(state.global_step, state.max_steps)
        if self._evaluates and math.floor(share * self._training.evaluations) > self._milestone():
            control.should_evaluate = True
        if share >= 1.0:
            control.should_training_stop = True
        if self.interrupted or self._clock.seconds - self._saved > self._save_every:
            control.should_save = True
            if self.trainer.is_world_process_zero():  # makes room for it; the last one stays until it is whole
                remove_others(Path(args.output_dir), self._last, before=state.global_step)
        if self.interrupted:
            control.should_training_stop = True

    def _agree(self) -> None:
        """The first process's time counts for all, and an interruption of any."""
        self.interrupted = self._interrupted
        if self.trainer.accelerator.num_processes > 1:
            mine = self._clock.now() if self.trainer.is_world_process_zero() else 0.0
            seconds, interrupted = self.trainer.summed(mine, float(self._interrupted))
            self._clock.follow(seconds)
            self.interrupted = interrupted > 0

    def _milestone(self) -> int:
        return int(self.evaluations[-1]["milestone"]) if self.evaluations else 0

    def on_log(self, args: Any, state: TrainerState, control: TrainerControl, logs: Any = None, **kwargs: Any) -> None:
        """Appends a row to the log and shows progress; a loss or gradient that is not finite ends the run."""
        if not logs or "loss" not in logs:
            return
        loss = float(logs["loss"])
        check_finite(loss, float(logs.get("grad_norm") or 0.0), state.global_step)
        row = {"step": state.global_step, "loss": round(loss, 5), "learning_rate": logs.get("learning_rate")}
        row |= {"gradient_norm": logs.get("grad_norm"), "seconds": round(self._clock.seconds, 1)}
        self.log.append(row | {name: value for name, value in logs.items() if name not in _LOGGED})
        if self._progress is not None:
            share = self._clock.share(state.global_step, state.max_steps)
            steps = round(state.global_step / share) if share else state.max_steps
            note = f"loss {loss:.3f}, {self._clock.tokens_a_second:,.0f} trained tokens/s"
            last = self.evaluations[-1] if self.evaluations else {}
            note += "".join(f", {_named(name)} {last[name]:.3f}" for name in ("loss", "pass^1") if name in last)
            self._progress(state.global_step, max(state.global_step, min(steps, state.max_steps)), note)

    def judged(self) -> dict[str, float]:
        """The judge's score of the model as it is; the main process asks, all are told."""
        if self._judge is None:
            return {}
        folder = self._out / _CANDIDATE
        shutil.rmtree(folder, ignore_errors=True)
        self.trainer.save_weights(folder)
        score = 0.0
        if self.trainer.is_world_process_zero():
            self._finish(folder)
            score = self._judge(folder)
            shutil.rmtree(folder, ignore_errors=True)
        return {"eval_pass^1": self.trainer.summed(score)}

    def evaluated(self, metrics: dict[str, float]) -> None:
        """Keeps the weights if they are the best so far, and ends a run that has had its patience."""
        state = self.trainer.state
        share = self._clock.share(state.global_step, state.max_steps)
        row = {name.removeprefix("eval_"): value for name, value in metrics.items() if name.startswith("eval_")}
        milestone = math.floor(share * self._training.evaluations)
        self.evaluations.append({"step": state.global_step, "milestone": milestone, **row})
        best = self.best()
        if best is None:
            return
        if best is self.evaluations[-1]:
            self._keep()
        elif self._training.patience is not None:
            since = len(self.evaluations) - 1 - self.evaluations.index(best)
            if since >= self._training.patience:
                self.stopped_early = self.trainer.control.should_training_stop = True

    def best(self) -> dict[str, Any] | None:
        """The first of the best evaluations, by the recipe's measure."""
        measure = self._training.best_by
        if measure is None or not self.evaluations:
            return None
        return (min if measure == "loss" else max)(self.evaluations, key=lambda row: float(row[measure]))

    def _keep(self) -> None:
        scratch = self._out / f".{BEST}"
        shutil.rmtree(scratch, ignore_errors=True)
        self.trainer.save_weights(scratch)
        if self.trainer.is_world_process_zero():
            shutil.rmtree(self._out / BEST, ignore_errors=True)
            scratch.replace(self._out / BEST)

    def on_save(self, args: Any, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """Marks the new checkpoint as whole, and lets the user look at the losses so far."""
        self._saved = self._clock.seconds
        self.trainer.accelerator.wait_for_everyone()
        if self.trainer.is_world_process_zero():
            self._last = Path(args.output_dir) / f"checkpoint-{state.global_step}"
            if self._average:
                self._average.save(self._last)
            write_losses(self._out, self.log, self.evaluations, args.run_name)
            mark_whole(self._last, {"seconds": self._clock.seconds, "log": self.log, "evaluations": self.evaluations})


def _named(measure: str) -> str:
    return "validation loss" if measure == "loss" else measure
