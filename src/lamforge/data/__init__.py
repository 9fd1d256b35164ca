"""Trajectories in files, chosen and cleaned, to rows with exact loss masks, to batches."""

from lamforge.data.batches import make_batches
from lamforge.data.curation import dedup_files, filter_files
from lamforge.data.duplicates import Duplicates, find_duplicates
from lamforge.data.files import find_trajectory, read_each, read_trajectories, trajectory_files, write_trajectories
from lamforge.data.rows import Row, Rows, copied_words, data_hash, make_rows, rendered_texts
from lamforge.data.selection import Criteria, Selection

__all__ = [
    "Criteria",
    "Duplicates",
    "Row",
    "Rows",
    "Selection",
    "copied_words",
    "data_hash",
    "dedup_files",
    "filter_files",
    "find_duplicates",
    "find_trajectory",
    "make_batches",
    "make_rows",
    "read_each",
    "read_trajectories",
    "rendered_texts",
    "trajectory_files",
    "write_trajectories",
]
