"""Training data: trajectories to rows with exact loss masks, rows to batches."""

from lamforge.data.batches import make_batches
from lamforge.data.rows import Row, Rows, copied_words, data_hash, make_rows, read_trajectories, rendered_texts

__all__ = [
    "Row",
    "Rows",
    "copied_words",
    "data_hash",
    "make_batches",
    "make_rows",
    "read_trajectories",
    "rendered_texts",
]
