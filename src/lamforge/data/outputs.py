"""Where the verbs of `lamforge data` write to: never over what they read, and into folders that are made."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from pathlib import Path

from lamforge.data.files import trajectory_files
from lamforge.errors import OutputError, UsageError


def prepare_outputs(paths: Iterable[Path], *outputs: Path | None) -> None:
    """As `prepare_files`, of the files that paths of trajectories stand for; raises as `trajectory_files` does, too."""
    prepare_files(chain.from_iterable(map(trajectory_files, paths)), *outputs)


def prepare_files(read: Iterable[Path], *outputs: Path | None) -> None:
    """Makes the folders that files are to be written into.

    Raises:
        UsageError: if one of the files is read itself.
        OutputError: if a folder cannot be made.
    """
    wanted = [each for each in outputs if each is not None]
    standing = [each for each in wanted if each.exists()]
    for file in read:
        for each in standing:
            if file.exists() and file.samefile(each):
                raise UsageError("would be written over while it is read", where=each, remedy="Choose another name.")
    for each in wanted:
        try:
            each.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"cannot be created: {error.strerror}", where=each.parent) from error
