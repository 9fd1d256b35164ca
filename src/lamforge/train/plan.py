"""The micro-batches of a run, in the one order in which all its processes take them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

from lamforge.train.objectives import Objective
from lamforge.train.schedule import Clock


@dataclass
class Stage:
    """A part of a run: an objective for some epochs, or for as many tokens."""

    objective: Objective
    epochs: float
    tokens: int | None = None

    def batches(self) -> Iterator[list[int]]:
        """The micro-batches of all its epochs, in order."""
        seen = 0
        for epoch in count():
            batches = self.objective.batches(epoch)
            if self.tokens is None:
                yield from batches[: math.ceil(len(batches) * min(1.0, self.epochs - epoch))]
                if epoch + 1 >= self.epochs:
                    return
                continue
            for batch in batches:
                yield batch
                seen += self.objective.tokens(batch)
                if seen >= self.tokens:
                    return


class Batches:
    """All micro-batches of all stages, in order, filled up so that every process has as many."""

    def __init__(self, stages: list[Stage], clock: Clock, processes: int) -> None:
        self._clock = clock
        self._batches = [(stage.objective, batch) for stage in stages for batch in stage.batches()]
        self._length = math.ceil(len(self._batches) / processes) * processes

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, index: int) -> dict[str, Any]:
        if index >= len(self._batches):
            return self._batches[-1][0].nothing()
        objective, batch = self._batches[index]
        return objective.collate(batch, self._clock.share(index, len(self._batches)))
