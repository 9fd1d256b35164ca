"""From answers to verdicts and counts. It asks no model."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from lamforge.evaluate.bfcl.formulas import Score, Tables, tables
from lamforge.evaluate.bfcl.suites import Suite, kind_of
from lamforge.evaluate.bfcl.tasks import BfclTask
from lamforge.evaluate.bfcl.verdicts import Verdict

Counts = dict[str, tuple[int, int]]  # category -> (right, planned)


@dataclass(frozen=True)
class Scored:
    """One answer and the verdict on it."""

    task: BfclTask
    trial: int
    answer: Any
    verdict: Verdict


@contextmanager
def collector_paused() -> Iterator[None]:
    """Keeps Python from looking for cycles among a benchmark's many objects, of which there are hardly any."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def planned_counts(tasks: Iterable[BfclTask], trials: int) -> dict[str, int]:
    """How many answers of each category there have to be; what is missing of them stays in every denominator."""
    return {name: count * trials for name, count in Counter(task.category for task in tasks).items()}


def counted(right: Iterable[BfclTask], planned: Mapping[str, int]) -> Counts:
    """How many of the planned answers of each category are right; `right` has the task of each that is."""
    rights = Counter(task.category for task in right)
    return {name: (rights[name], total) for name, total in planned.items()}


def nothing_counts(tasks: Sequence[BfclTask]) -> Counts:
    """The counts of a model that calls nothing, whatever is asked: right only where nothing should be called."""

    def right(task: BfclTask) -> bool:
        kind = kind_of(task.category)
        return kind == "irrelevance" or (kind == "multi_turn" and not any(task.answer or ()))

    return counted(filter(right, tasks), planned_counts(tasks, 1))


def at_best(counts: Counts, missing: Mapping[str, int]) -> Counts:
    """The counts if every missing answer were right."""
    return {name: (right + missing.get(name, 0), total) for name, (right, total) in counts.items()}


def untouched(suite: Suite, planned: Mapping[str, int], sizes: Mapping[str, int]) -> set[tuple[str, str]]:
    """The columns, each (table, column), that nothing which was run has a part in."""
    none = tables(suite, dict.fromkeys(planned, (0, 1)), sizes)
    every = tables(suite, dict.fromkeys(planned, (1, 1)), sizes)
    return {
        (table, name)
        for table, columns in none.items()
        for name, score in columns.items()
        if score == every[table][name]
    }


def shown(low: Tables, high: Tables, idle: Collection[tuple[str, str]]) -> dict[str, dict[str, str]]:
    """Tables as they are read: percents with two decimals, ranges where answers are missing, N/A for what was not run.

    Args:
        low, high: With every missing answer wrong, and right.
        idle: Columns that nothing was run for; officially their totals are 0.
    """
    return {
        name: {
            column: "N/A" if (name, column) in idle else between(score, high[name][column])
            for column, score in columns.items()
        }
        for name, columns in low.items()
    }


def between(low: Score, high: Score) -> str:
    """A score, or the range that it can still lie in."""
    return str(low) if str(low) == str(high) else f"{100 * low.accuracy:.2f}–{high}"
