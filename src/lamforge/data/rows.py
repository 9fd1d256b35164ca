"""Rows of tokens, each with its loss mask: a data set as it is trained.

A row is split where its system block ends: conversations of one domain share that block to the letter, and training
can compute it once for many of them.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from lamforge.formats import Format
from lamforge.messages import Message, Trajectory


@dataclass
class Row:
    """One conversation, or a window of it: the tokens after its prefix, and a 1 for each that has a loss."""

    prefix: int  # index into `Rows.prefixes`
    tokens: array[int]
    trained: bytes


class Dropped(NamedTuple):
    """A conversation that is too long, wholly or in part."""

    trajectory_id: str
    tokens: int
    where: str


@dataclass
class Rows:
    """A data set ready for training."""

    prefixes: list[array[int]] = field(default_factory=list)  # tokens of each distinct system block
    taught: set[int] = field(default_factory=set)  # indices of the prefixes whose tokens have a loss
    rows: Sequence[Row] = field(default_factory=list)  # a list, or rows in files: see `lamforge.data.stored`
    dropped: list[Dropped] = field(default_factory=list)
    split: int = 0  # conversations that became several rows
    unrendered: int = 0  # conversations with texts that the format does not write

    def add(self, rows: list[Row]) -> None:
        """Appends rows."""
        self.rows += rows  # type: ignore[operator]

    @property
    def trained_tokens(self) -> int:
        """Tokens with a loss, those of a prefix in each of its rows."""
        return sum(self.trained(row) for row in self.rows)

    @property
    def unique_tokens(self) -> int:
        """Tokens of all rows, each distinct prefix counted once."""
        return sum(len(prefix) for prefix in self.prefixes) + sum(len(row.tokens) for row in self.rows)

    @property
    def conversation_tokens(self) -> int:
        """Tokens of all rows, each with its prefix: what one forward pass over each conversation computes."""
        return sum(self.length(row) for row in self.rows)

    def trained(self, row: Row) -> int:
        """Tokens of a row with a loss, those of its prefix among them."""
        return sum(row.trained) + (len(self.prefixes[row.prefix]) if row.prefix in self.taught else 0)

    def length(self, row: Row) -> int:
        """Tokens of a row with its prefix."""
        return len(self.prefixes[row.prefix]) + len(row.tokens)


def conversation(trajectory: Trajectory, fmt: Format) -> tuple[list[Message], list[dict[str, Any]]]:
    """The messages, and the tools in the shape in which the format's models see them."""
    return trajectory.messages, fmt.offered(trajectory.tools)
