"""Several files as one stream of trajectories, and notes on what was done to one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lamforge.data.files import read_trajectories
from lamforge.messages import Trajectory


def read_all(paths: list[Path]) -> Iterator[Trajectory]:
    """The trajectories of several files or folders, one after the other; raises as `read_trajectories` does."""
    for path in paths:
        yield from read_trajectories(path)


def noted(trajectory: Trajectory, **notes: Any) -> Trajectory:
    """The trajectory with something more in its provenance."""
    return trajectory.model_copy(update={"provenance": {**trajectory.provenance, **notes}})
