"""A running mean of a model's weights, kept while it trains and taken in its place at the end and for evaluations."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

_FILE = "average.safetensors"  # of a checkpoint


class Average:
    """The exponential mean of all weights that are trained.

    After step n it keeps min(decay, (1 + n) / (10 + n)) of itself, so that the weights of the beginning are soon gone.
    """

    def __init__(self, model: Any, decay: float, checkpoint: Path | None) -> None:
        """The mean as a checkpoint has it, or the weights as they are."""
        self._decay = decay
        named = [(name, weight) for name, weight in model.named_parameters() if weight.requires_grad]
        self._names = [name for name, _ in named]
        self._weights = [weight.data for _, weight in named]
        known = load_file(checkpoint / _FILE) if checkpoint else {}
        self._mean = [
            known[name].to(weight.device) if known else weight.clone()
            for name, weight in zip(self._names, self._weights, strict=True)
        ]

    def update(self, step: int) -> None:
        """Takes in the weights after a step, counted from 1."""
        keep = min(self._decay, (1 + step) / (10 + step))
        torch._foreach_lerp_(self._mean, self._weights, 1 - keep)

    @contextmanager
    def taken(self) -> Iterator[None]:
        """The model has the mean for its weights; after that, its own again, bit by bit."""
        own = [weight.clone() for weight in self._weights]
        self._set(self._mean)
        try:
            yield
        finally:
            self._set(own)

    def save(self, checkpoint: Path) -> None:
        """Writes the mean beside the weights."""
        save_file(dict(zip(self._names, self._mean, strict=True)), checkpoint / _FILE)

    def _set(self, values: list[Any]) -> None:
        for weight, value in zip(self._weights, values, strict=True):
            weight.copy_(value)
