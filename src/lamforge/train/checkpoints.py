"""Progress, the log, checkpoints and Ctrl-C of a training run.

A checkpoint counts only with the marker that is written after everything else, so a half-written one is never resumed.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState

from lamforge.journal import write_atomically
from lamforge.train.recipe import TrainingRecipe
from lamforge.train.schedule import Clock
from lamforge.train.sft import Progress, check_finite

_WHOLE = "whole"  # the marker of a finished checkpoint; holds the seconds trained so far and the log


def last_checkpoint(folder: Path) -> tuple[Path | None, dict[str, Any]]:
    """The latest whole checkpoint and what its marker says."""
    whole = [path.parent for path in folder.glob(f"checkpoint-*/{_WHOLE}")]
    if not whole:
        return None, {"seconds": 0.0, "log": []}
    last = max(whole, key=step_of)
    return last, json.loads((last / _WHOLE).read_text(encoding="utf-8"))


def step_of(checkpoint: Path | None) -> int:
    """The step that a checkpoint was written at; 0 for none."""
    return int(checkpoint.name.rpartition("-")[2]) if checkpoint else 0


class Watch(TrainerCallback):
    """Watches a run for transformers' Trainer."""

    def __init__(
        self, training: TrainingRecipe, clock: Clock, log: list[dict[str, Any]], progress: Progress | None
    ) -> None:
        self._clock, self._log, self._progress = clock, log, progress
        self._save_every = training.save_minutes * 60
        self._saved = clock.seconds
        self.interrupted = False

    def on_log(self, args: Any, state: TrainerState, control: TrainerControl, logs: Any = None, **kwargs: Any) -> None:
        """Appends a row to the log and shows progress; a loss or gradient that is not finite ends the run."""
        if not logs or "loss" not in logs:
            return
        loss = float(logs["loss"])
        check_finite(loss, float(logs.get("grad_norm") or 0.0), state.global_step)
        row = {"step": state.global_step, "loss": round(loss, 5), "learning_rate": logs.get("learning_rate")}
        self._log.append(row | {"gradient_norm": logs.get("grad_norm"), "seconds": round(self._clock.seconds, 1)})
        if self._progress is not None:
            share = self._clock.share(state.global_step, state.max_steps)
            steps = round(state.global_step / share) if share else state.max_steps
            note = f"loss {loss:.3f}, {self._clock.tokens_a_second:,.0f} trained tokens/s"
            self._progress(state.global_step, max(state.global_step, min(steps, state.max_steps)), note)

    def on_step_end(self, args: Any, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """Asks for a checkpoint or for the end."""
        if self._clock.share(state.global_step, state.max_steps) >= 1.0:
            control.should_training_stop = True
        if self.interrupted or self._clock.seconds - self._saved > self._save_every:
            control.should_save = True
        if self.interrupted:
            control.should_training_stop = True

    def on_save(self, args: Any, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """Marks the new checkpoint as whole and removes the others."""
        folder = Path(args.output_dir) / f"checkpoint-{state.global_step}"
        write_atomically(folder / _WHOLE, json.dumps({"seconds": self._clock.seconds, "log": self._log}))
        self._saved = self._clock.seconds
        for other in Path(args.output_dir).glob("checkpoint-*"):
            if other != folder:
                shutil.rmtree(other, ignore_errors=True)
