"""How far a run is, by steps or by the clock, and the learning rate that follows from it."""

from __future__ import annotations

import math
import time

from lamforge.train.recipe import TrainingRecipe


class Clock:
    """How far the run is: by steps, or by time where that ends sooner. Also counts what was trained in this sitting."""

    def __init__(self, training: TrainingRecipe, before: float) -> None:
        """`before`: seconds of earlier sittings."""
        self._limit = training.max_minutes * 60 if training.max_minutes else math.inf
        self._before = before
        self._start = time.monotonic()
        self.tokens = 0  # trained in this sitting

    @property
    def seconds(self) -> float:
        """Time trained so far, earlier sittings included."""
        return time.monotonic() - self._start + self._before

    @property
    def tokens_a_second(self) -> float:
        """Trained tokens a second in this sitting."""
        return self.tokens / max(1e-9, time.monotonic() - self._start)

    def share(self, step: int, steps: int) -> float:
        """0 at the start, 1 at the end: the larger of the share of the steps and the share of the time."""
        return min(1.0, max(step / max(1, steps), self.seconds / self._limit))


def rate(training: TrainingRecipe, share: float, steps: int) -> float:
    """The learning rate at a share of the run, relative to the highest: linear warm-up, then half a cosine."""
    if share < training.warmup:
        return min(1.0, max(share, 1 / max(1, steps)) / training.warmup)
    cosine = (1 + math.cos(math.pi * (share - training.warmup) / max(1e-9, 1 - training.warmup))) / 2
    return training.final_rate + (1 - training.final_rate) * cosine
