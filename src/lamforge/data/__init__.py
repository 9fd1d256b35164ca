"""Trajectories in files, chosen and cleaned, to rows with exact loss masks, to batches."""

from lamforge.data.batches import Batching, forward_tokens, make_batches
from lamforge.data.curation import dedup_files, filter_files
from lamforge.data.duplicates import Duplicates, find_duplicates
from lamforge.data.files import find_trajectory, read_each, read_trajectories, trajectory_files, write_trajectories
from lamforge.data.packing import pack
from lamforge.data.passes import Passes, make_passes, make_rows
from lamforge.data.row_maker import RowMaker, TooLong
from lamforge.data.rows import Row, Rows
from lamforge.data.selection import Criteria, Selection
from lamforge.data.sources import copied_words, data_hash, rendered_texts

__all__ = [
    "Batching",
    "Criteria",
    "Duplicates",
    "Passes",
    "Row",
    "RowMaker",
    "Rows",
    "Selection",
    "TooLong",
    "copied_words",
    "data_hash",
    "dedup_files",
    "filter_files",
    "find_duplicates",
    "find_trajectory",
    "forward_tokens",
    "make_batches",
    "make_passes",
    "make_rows",
    "pack",
    "read_each",
    "read_trajectories",
    "rendered_texts",
    "trajectory_files",
    "write_trajectories",
]
