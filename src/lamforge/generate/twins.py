"""Tasks that are alike: the first is kept, and others are drawn again in its twins' place.

Draws are made in rounds. Which numbers are drawn again depends on the finished round before alone, so that it is the
same whatever was made at the same time, here or on a cluster, and however often a run was interrupted.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any, Literal

from lamforge.generate.scripted import identities

Split = Literal["train", "test"]
Number = tuple[Split, int, int]  # split, number, draw
DRAWS = 5  # of one number at most

Record = dict[str, Any]


def number_of(record: Record) -> Number:
    """What a record is known by."""
    return record["split"], record["number"], record.get("draw", 0)


def place_of(record: Record) -> tuple[int, bool, int]:
    """Records that come first keep their task: those of earlier rounds, and in one round those of lower numbers."""
    return record.get("draw", 0), record["split"] != "train", record["number"]


def in_order(records: Iterable[Record]) -> list[Record]:
    """Records in the order of their numbers, each number's draws behind each other."""
    return sorted(records, key=lambda r: (r["split"] != "train", r["number"], r.get("draw", 0)))


def twins(records: Iterable[Record]) -> set[Number]:
    """The records whose task is like that of one that came first."""
    named = [(place_of(record), number_of(record), identities(record["task"])) for record in records if record["task"]]
    seen: set[Hashable] = set()
    found = set()
    for _, number, names in sorted(named, key=lambda each: each[0]):
        if seen.intersection(names):
            found.add(number)
        seen.update(names)
    return found


def drawn_again(records: Iterable[Record], draw: int) -> list[Number]:
    """The numbers of a round of draws, from 1: those whose draw before is a twin.

    Args:
        records: All of the rounds before; those of later ones do not matter.
    """
    alike = twins(record for record in records if record.get("draw", 0) < draw)
    again: list[Number] = [(split, number, draw) for split, number, last in alike if last == draw - 1]
    return sorted(again, key=lambda each: (each[0] != "train", each[1]))
