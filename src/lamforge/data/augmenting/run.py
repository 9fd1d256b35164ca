"""Augmentation of files: the conversations and their variants, in the order of the conversations."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from lamforge.data.augmenting.arranging import Pool
from lamforge.data.augmenting.variants import Augmentation, Variants
from lamforge.data.files import check_suffix, write_trajectories
from lamforge.data.learnable import read_learnable
from lamforge.data.outputs import prepare_outputs
from lamforge.messages import Trajectory

Progress = Callable[[int, int, str], None]


@dataclass
class Augmented:
    """What came of it."""

    out: str
    conversations: int = 0
    variants: int = 0
    made: dict[str, int] = field(default_factory=dict)  # kind of change -> variants with it
    failed: dict[str, int] = field(default_factory=dict)  # why a variant was not made -> how often


def augment(
    paths: list[Path],
    out: Path,
    settings: Augmentation | None = None,
    *,
    originals: bool = True,
    progress: Progress | None = None,
) -> Augmented:
    """Writes each conversation, unless `originals` says not to, and behind it its variants.

    A variant depends on the conversation, the seed and the set of tools in the data.

    Raises:
        UsageError: if the name of `out` does not say what to write.
        DataError: if a file is wrong or holds an item of a benchmark; OutputError if `out` cannot be written.
    """
    check_suffix(out)
    prepare_outputs(paths, out)
    total = 0

    def counted() -> Iterator[Trajectory]:
        nonlocal total
        for trajectory in chain.from_iterable(map(read_learnable, paths)):
            total += 1
            yield trajectory

    pool = Pool(counted())
    variants = Variants(settings or Augmentation(), pool)
    result = Augmented(str(out))

    def written() -> Iterator[Trajectory]:
        for trajectory in chain.from_iterable(map(read_learnable, paths)):
            result.conversations += 1
            if originals:
                yield trajectory
            for made in variants.of(trajectory):
                result.variants += 1
                yield made
            if progress is not None:
                progress(result.conversations, total, f"{result.variants:,} variants")

    write_trajectories(out, written())
    result.made = dict(variants.tally.made.most_common())
    result.failed = dict(variants.tally.failed.most_common())
    return result
