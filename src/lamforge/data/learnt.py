"""What training reads: files and folders of trajectories, and mixes of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lamforge.data.files import read_trajectories, trajectory_files
from lamforge.data.mixture import Mix, is_mix, mix_files
from lamforge.messages import Trajectory


def learnt_trajectories(path: Path) -> Iterator[Trajectory]:
    """The trajectories of a file or a folder, or of one pass over the mix that a YAML file describes.

    Raises:
        DataError: naming the file and the line or the row that is wrong.
    """
    return Mix(path).stream() if is_mix(path) else read_trajectories(path)


def learnt_files(path: Path) -> list[Path]:
    """The files that a path stands for: what a run's record has the hashes of.

    Raises:
        DataError: if one does not exist.
    """
    return mix_files(path) if is_mix(path) else trajectory_files(path)
