"""What a model may learn from: everything but items of benchmarks, which are there to measure it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lamforge.data.files import read_each
from lamforge.errors import DataError, bounded
from lamforge.messages import Trajectory


def read_learnable(path: Path) -> Iterator[Trajectory]:
    """The trajectories of a file, a folder or a mix, for training; see `learnable_places`."""
    return (found for _, found in learnable_places(path))


def learnable_places(path: Path) -> Iterator[tuple[str, Trajectory]]:
    """(place, trajectory) of each record of a file, a folder or a mix, for training.

    Raises:
        DataError: naming the place of a record that is wrong, or that is a benchmark's.
    """
    for where, found in read_each(path):
        if isinstance(found, DataError):
            raise found
        refuse_benchmark(found, where)
        yield where, found


def refuse_benchmark(trajectory: Trajectory, where: str) -> None:
    """Raises DataError if a conversation is a benchmark's: a model that has learnt it cannot be measured by it."""
    benchmark = trajectory.provenance.get("benchmark")
    if benchmark:
        raise DataError(
            f"is an item of a benchmark ({bounded(benchmark, 40)}), which no model may learn from",
            where=where,
            remedy="Leave its file out, or rate it and use `data filter --without benchmark_item`.",
        )
