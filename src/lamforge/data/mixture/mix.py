"""A mix of sources: how much of each is known before anything is read for training, and the order is one for all ranks.

A pass over the mix takes from each source its count of conversations, in an order of their own that the seed gives;
the next pass goes on where the last one ended, so that what is left out once comes next. All are then shuffled
together. Rank r of n gets each n-th conversation of that one order, from the r-th on.
"""

from __future__ import annotations

import random
from array import array
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

from lamforge.data.documents import Document
from lamforge.data.mixture.settings import MixSettings, Source, load_mix_settings
from lamforge.data.mixture.shelf import Item, Shelf
from lamforge.errors import DataError
from lamforge.messages import Trajectory, derived_seed

Loss = Literal["all", "assistant"]


@dataclass(frozen=True)
class Share:
    """What one source gives to one pass over the mix."""

    conversations: int  # of the pass
    used: int  # different ones that are taken turns with: what is wanted, but no more than the cap
    wanted: int  # that meet the criteria
    left_out: dict[str, int] = field(default_factory=dict)  # reason -> how many

    @property
    def epochs(self) -> float:
        """How often each conversation is seen in a pass, on average."""
        return round(self.conversations / self.used, 4)


class Mix:
    """The mix of a YAML file.

    Opening it reads all sources once: every record is checked, counted, and its place noted.

    Args:
        path: See `MixSettings` for what is in it.
        overrides: Such as "size=1000" or "sources.store.weight=2".
    Raises:
        UsageError: naming the key that is wrong.
        DataError: naming the record that is wrong, or the source that has not what is asked of it.
    """

    def __init__(self, path: Path, overrides: list[str] | None = None) -> None:
        self.path = path
        self.settings: MixSettings = load_mix_settings(path, overrides)
        self._shelves: dict[str, Shelf] = {}
        self._turns: dict[str, array[int]] = {}  # the conversations of each source in the order of its own
        for name, source in self.settings.sources.items():
            shelf = Shelf(source)
            if not len(shelf):
                reasons = ", ".join(f"{why} ({count:,})" for why, count in shelf.left_out.most_common(3))
                what = source.holds.removesuffix("s")
                raise DataError(f"sources.{name}: no {what} is wanted; {reasons or 'there is none'}", where=path)
            self._shelves[name] = shelf
            self._turns[name] = self._order_of(name, source, len(shelf))
        self._names = list(self._shelves)
        counts = self._counts()
        self.shares = {
            name: Share(counts[name], len(self._turns[name]), len(shelf), dict(shelf.left_out))
            for name, shelf in self._shelves.items()
        }

    def __len__(self) -> int:
        """Conversations of one pass."""
        return sum(share.conversations for share in self.shares.values())

    def stream(self, rank: int = 0, world_size: int = 1, *, epoch: int = 0, start: int = 0) -> Iterator[Trajectory]:
        """The conversations of one rank in one pass.

        All ranks together get each conversation of the pass once; interleaved, theirs is the order of one rank alone.

        Args:
            epoch: Which pass, from 0.
            start: Conversations of this rank that are left out at the beginning: where a run goes on.
        Raises:
            ValueError: if there is no such rank.
            DataError: if a file was changed after the mix was opened, or a source holds texts.
        """
        if not 0 <= rank < world_size:
            raise ValueError(f"rank {rank} of {world_size}")
        for place in self.places(epoch)[rank + start * world_size :: world_size]:
            item, _ = self.item(place)
            if isinstance(item, Document):
                raise DataError("holds texts, which `train pretrain` alone reads", where=self.path)
            yield item

    def item(self, place: int) -> tuple[Item, Loss | None]:
        """What stands at one of `places`, and what its source says of its loss."""
        name = self._names[place >> 48]
        return self._shelves[name][place & (1 << 48) - 1], self.settings.sources[name].loss

    def where(self, place: int) -> str:
        """The name of one of `places`, for an error."""
        return f"{self.path}, sources.{self._names[place >> 48]}, number {place & (1 << 48) - 1}"

    def length(self, rank: int = 0, world_size: int = 1) -> int:
        """Conversations of one rank in one pass: ranks differ by one at most."""
        return len(range(rank, len(self), world_size))

    def describe(self) -> dict[str, Any]:
        """Counts and settings as plain JSON: the record of a run."""
        shares = {name: {**asdict(share), "epochs": share.epochs} for name, share in self.shares.items()}
        return {"conversations": len(self), "seed": self.settings.seed, "sources": shares}

    def _order_of(self, name: str, source: Source, available: int) -> array[int]:
        order = array("Q", range(available))
        random.Random(derived_seed("mix", self.settings.seed, name)).shuffle(order)
        return order[: source.cap] if source.cap is not None else order

    def _counts(self) -> dict[str, int]:
        """How many conversations each source gives to a pass."""
        sources = self.settings.sources
        pools = {name: len(turns) for name, turns in self._turns.items()}
        plain = {name: Fraction(pools[name]) * Fraction(source.epochs) for name, source in sources.items()}
        if self.settings.size is None:
            return {name: max(1, round(count)) for name, count in plain.items()}
        weights = {name: plain[name] if s.weight is None else Fraction(s.weight) for name, s in sources.items()}
        counts = apportioned(self.settings.size, weights)
        for name, count in counts.items():
            if count > plain[name]:
                needed = float(Fraction(count, pools[name]))
                raise DataError(
                    f"sources.{name}: {count:,} conversations are asked for, and there are {pools[name]:,}",
                    where=self.path,
                    remedy=f"Lower its weight or `size`, or let each be seen more often: epochs: {needed:.2f}.",
                )
        return counts

    def places(self, epoch: int) -> array[int]:
        """The places of a pass in its order: the number of the source << 48, and the number of its conversation."""
        order = array("Q")
        for number, (name, share) in enumerate(self.shares.items()):
            turns, first = self._turns[name], epoch * share.conversations
            order.extend((number << 48) + turns[(first + n) % share.used] for n in range(share.conversations))
        random.Random(derived_seed("mix", self.settings.seed, epoch)).shuffle(order)
        return order


def apportioned(total: int, weights: dict[str, Fraction]) -> dict[str, int]:
    """A number divided by weights into whole parts: exactly that number in all, and each part its share but for one.

    What is left by rounding down goes to the largest remainders (Hamilton's method), the first ones where they tie.
    """
    whole = sum(weights.values())
    exact = {name: total * weight / whole for name, weight in weights.items()}
    counts = {name: int(share) for name, share in exact.items()}
    rest = sorted(exact, key=lambda name: counts[name] - exact[name])[: total - sum(counts.values())]
    return {name: count + (name in rest) for name, count in counts.items()}
