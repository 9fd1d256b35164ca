"""What a run minimises: which rows make a micro-batch, how it becomes tensors, and its loss.

An objective knows rows and models. It knows nothing of optimizers, checkpoints or processes.
"""

from __future__ import annotations

import math
from typing import Any, Protocol

from lamforge.data import Passes, Rows, make_batches
from lamforge.train.loss import Group, alone, collate_packed, packed_loss
from lamforge.train.recipe import TrainingRecipe
from lamforge.train.repeats import Words, said_again


class Objective(Protocol):
    """Micro-batches and their loss."""

    unit: str  # of what a loss is the mean over, such as "trained token"

    def batches(self, epoch: int) -> list[list[int]]:
        """The micro-batches of an epoch, from 0: indices of what `collate` takes."""
        ...

    def tokens(self, batch: list[int]) -> int:
        """Tokens of a micro-batch's conversations."""
        ...

    def collate(self, batch: list[int], share: float) -> dict[str, Any]:
        """Tensors of a micro-batch, with its `count` of units, at a share of the run."""
        ...

    def nothing(self) -> dict[str, Any]:
        """A micro-batch whose loss is 0: for a process that has none left while others do."""
        ...

    def loss(self, model: Any, batch: dict[str, Any]) -> tuple[Any, dict[str, float]]:
        """The loss summed over the batch's units, and sums of what else is worth a look."""
        ...


class Packed:
    """Whole conversations end to end in one row; what several of them begin with once, if the recipe says so.

    Args:
        words: What `training.repeats` are drawn from.
    """

    unit = "trained token"

    def __init__(self, data: Passes, training: TrainingRecipe, words: Words) -> None:
        self._data, self._rows, self._training, self._words = data, data.rows, training, words
        self._repeat_tokens = round(training.batch_tokens * training.repeats)

    def batches(self, epoch: int) -> list[list[int]]:
        """See `Objective`."""
        settings = self._training
        seed, taken = settings.seed + epoch, self._data.taken(epoch)
        return make_batches(self._rows, settings.batch_tokens - self._repeat_tokens, seed, settings.batching, taken)

    def tokens(self, batch: list[int]) -> int:
        """See `Objective`."""
        return sum(map(self._length, batch))

    def collate(self, batch: list[int], share: float) -> dict[str, Any]:
        """See `Objective`."""
        found, taught = self._sharing(batch) if self._training.batching == "shared_prefix" else self._whole(batch)
        seen = share**self._training.prefix_growth
        return collate_packed(self._with_repeats(batch, found, seen), seen, taught)

    def _whole(self, batch: list[int]) -> tuple[list[Group], list[int]]:
        return alone([whole_row(self._rows, index) for index in batch]), []

    def _sharing(self, batch: list[int]) -> tuple[list[Group], list[int]]:
        """Rows by the prefix that they share, and the numbers of the prefixes that have a loss."""
        groups: dict[int, list[Any]] = {}
        for row in (self._rows.rows[index] for index in batch):
            groups.setdefault(row.prefix, []).append((row.tokens, row.trained))
        found: list[Group] = [(self._rows.prefixes[prefix], rows) for prefix, rows in groups.items()]
        return found, [number for number, prefix in enumerate(groups) if prefix in self._rows.taught]

    def _with_repeats(self, batch: list[int], found: list[Group], seen: float) -> list[Group]:
        """A batch and, in the room that it leaves, what is said again: behind one of its prefixes, if it has any."""
        taken = sum(len(tokens) for _, rows in found for tokens, _ in rows)  # batches have so many behind prefixes
        room = min(self._repeat_tokens, self._training.batch_tokens - taken)
        seed = [self._training.seed, *batch]
        shared = [number for number, (prefix, _) in enumerate(found) if round(seen * len(prefix))]
        if not shared:
            return [*found, *alone(said_again(self._words, room, seed))]
        number = shared[seed[-1] % len(shared)]
        prefix, rows = found[number]
        again = said_again(self._words, room, seed, prefix[len(prefix) - round(seen * len(prefix)) :])
        return [*found[:number], (prefix, [*rows, *again]), *found[number + 1 :]]

    def nothing(self) -> dict[str, Any]:
        """See `Objective`."""
        return silenced(self.collate([min(range(len(self._rows.rows)), key=self._length)], 1.0))

    def _length(self, index: int) -> int:
        return self._rows.length(self._rows.rows[index])

    def loss(self, model: Any, batch: dict[str, Any]) -> tuple[Any, dict[str, float]]:
        """See `Objective`."""
        return packed_loss(model, batch), {}


class Repeats:
    """Nothing but random tokens said twice: what `training.repeats_first` begins with."""

    unit = Packed.unit

    def __init__(self, training: TrainingRecipe, words: Words) -> None:
        self._training, self._words = training, words

    def batches(self, epoch: int) -> list[list[int]]:
        """See `Objective`."""
        count = math.ceil(self._training.repeats_first / self._training.batch_tokens)
        return [[epoch * count + number] for number in range(count)]

    def tokens(self, batch: list[int]) -> int:
        """See `Objective`."""
        return self._training.batch_tokens

    def collate(self, batch: list[int], share: float) -> dict[str, Any]:
        """See `Objective`."""
        settings = self._training
        return collate_packed(alone(said_again(self._words, settings.batch_tokens, [settings.seed, *batch])))

    def nothing(self) -> dict[str, Any]:
        """See `Objective`."""
        return silenced(self.collate([0], 1.0))

    def loss(self, model: Any, batch: dict[str, Any]) -> tuple[Any, dict[str, float]]:
        """See `Objective`."""
        return packed_loss(model, batch), {}


def whole_row(rows: Rows, index: int) -> tuple[Any, bytes]:
    """Tokens and mask of a row with its prefix."""
    row = rows.rows[index]
    prefix = rows.prefixes[row.prefix]
    return prefix + row.tokens, (b"\1" if row.prefix in rows.taught else b"\0") * len(prefix) + row.trained


def silenced(batch: dict[str, Any]) -> dict[str, Any]:
    """A packed batch with no token left that has a loss."""
    return {**batch, "places": batch["places"][:0], "targets": batch["targets"][:0], "count": 0}
