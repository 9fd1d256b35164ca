"""How far a run is, by steps or by the clock, and the learning rate that follows from it."""

from __future__ import annotations

import math
import time

from lamforge.train.recipe import TrainingRecipe


class Clock:
    """How far the run is: by steps, or by time where that ends sooner. Also counts what was trained in this sitting.

    In a run of several processes all follow the first one's time: see `follow`.
    """

    def __init__(self, training: TrainingRecipe, before: float) -> None:
        """`before`: seconds of earlier sittings."""
        self._limit = training.max_minutes * 60 if training.max_minutes else math.inf
        self._before = before
        self._start = time.monotonic()
        self._told: float | None = None
        self.tokens = 0  # trained in this sitting

    @property
    def seconds(self) -> float:
        """Time trained so far, earlier sittings included."""
        return self.now() if self._told is None else self._told

    @property
    def tokens_a_second(self) -> float:
        """Trained tokens a second in this sitting."""
        return self.tokens / max(1e-9, time.monotonic() - self._start)

    def follow(self, seconds: float) -> None:
        """Sets the time until the next call, so that every process sees the same."""
        self._told = seconds

    def now(self) -> float:
        """This process's own time, whatever it was told."""
        return time.monotonic() - self._start + self._before

    def share(self, step: int, steps: int) -> float:
        """0 at the start, 1 at the end: the larger of the share of the steps and the share of the time."""
        return min(1.0, max(step / max(1, steps), self.seconds / self._limit))


def rate(training: TrainingRecipe, share: float, steps: int) -> float:
    """The learning rate at a share of the run, relative to the highest: linear warm-up, then what `schedule` says.

    `wsd` (Hu and others, MiniCPM, arXiv 2404.06395) stays at the highest until the last `decay` of the run.
    """
    if share < training.warmup:
        return min(1.0, max(share, 1 / max(1, steps)) / training.warmup)
    gone = (share - training.warmup) / max(1e-9, 1 - training.warmup)
    left = {
        "cosine": (1 + math.cos(math.pi * gone)) / 2,
        "linear": 1 - gone,
        "constant": 1.0,
        "wsd": min(1.0, (1 - share) / training.decay),
    }[training.schedule]
    return training.final_rate + (1 - training.final_rate) * left
