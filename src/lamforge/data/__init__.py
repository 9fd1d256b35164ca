"""Trajectories in files, to rows with exact loss masks, to batches."""

from lamforge.data.batches import make_batches
from lamforge.data.files import find_trajectory, read_each, read_trajectories, trajectory_files, write_trajectories
from lamforge.data.rows import Row, Rows, copied_words, data_hash, make_rows, rendered_texts

__all__ = [
    "Row",
    "Rows",
    "copied_words",
    "data_hash",
    "find_trajectory",
    "make_batches",
    "make_rows",
    "read_each",
    "read_trajectories",
    "rendered_texts",
    "trajectory_files",
    "write_trajectories",
]
