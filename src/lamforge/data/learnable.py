"""What a model may learn from: all but items of benchmarks and held-out tasks, which are there to measure it."""

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
        DataError: naming the place of a record that is wrong, or that is there to measure models.
    """
    for where, found in read_each(path):
        if isinstance(found, DataError):
            raise found
        refuse_measures(found, where)
        yield where, found


def refuse_measures(trajectory: Trajectory, where: str) -> None:
    """Raises DataError if a conversation is of a benchmark or a held-out task, which measure no model that knows it."""
    benchmark = trajectory.provenance.get("benchmark")
    if benchmark:
        raise DataError(
            f"is an item of a benchmark ({bounded(benchmark, 40)}), which no model may learn from",
            where=where,
            remedy="Leave its file out, or rate it and use `data filter --without benchmark_item`.",
        )
    if trajectory.provenance.get("held_out"):
        raise DataError(
            "was played on a held-out task by `lamforge eval`, and no model may learn from what measures it",
            where=where,
            remedy="Leave its file out: `lamforge generate` makes conversations for training in a folder of their own.",
        )
