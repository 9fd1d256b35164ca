"""How far the columns of a result can be trusted: 95 % intervals of every one, from the answers to single tasks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import hypot, sqrt

from lamforge.evaluate.bfcl.formulas import Tables, tables
from lamforge.evaluate.bfcl.suites import Suite
from lamforge.evaluate.reliability import confidence_interval
from lamforge.messages import derived_seed

Intervals = dict[str, dict[str, tuple[float, float]]]  # table -> column -> bounds
Shares = Mapping[str, Sequence[float]]  # category -> the share of right answers to each task


def shares(verdicts: Iterable[tuple[str, str, bool | None]]) -> dict[str, list[float]]:
    """The share of right answers to each task, by category.

    Args:
        verdicts: Category, task, and whether an answer is right; None if it does not count.
    """
    found: dict[str, dict[str, list[bool]]] = {}
    for category, task, right in verdicts:
        if right is not None:
            found.setdefault(category, {}).setdefault(task, []).append(right)
    return {name: [sum(each) / len(each) for each in tasks.values()] for name, tasks in found.items()}


def intervals(suite: Suite, values: Shares, sizes: Mapping[str, int], seed: int = 0) -> Intervals:
    """The 95 % interval of each column whose categories were all run.

    Each category has its own: a bootstrap over its tasks, with all trials of a task together, and where all tasks agree
    the exact binomial bound, so that none is without width. A column is a weighted sum of categories, which are
    independent: their distances to the bounds add up as squares (MOVER; Zou and Donner, 2008).

    Args:
        values: Of the categories that were run.
        sizes: How many tasks each category of the suite has.
    """
    counts = {name: (sum(own), len(own)) for name, own in values.items()}
    centre = tables(suite, counts, sizes)
    below, above = _columns(centre), _columns(centre)
    for name, own in values.items():
        bounds = confidence_interval(own, derived_seed(seed, "bfcl interval", name))
        for squares, bound in zip((below, above), bounds, strict=True):
            moved = tables(suite, {**counts, name: (bound * len(own), len(own))}, sizes)
            _add(squares, centre, moved)
    unknown = _columns(centre)
    for name in sizes.keys() - values.keys():
        _add(unknown, centre, tables(suite, {**counts, name: (sizes[name], sizes[name])}, sizes))
    return {
        table: {
            column: (score.accuracy - sqrt(below[table][column]), score.accuracy + sqrt(above[table][column]))
            for column, score in columns.items()
            if score.complete and not unknown[table][column] and above[table][column] + below[table][column]
        }
        for table, columns in centre.items()
    }


def telling(value: float, interval: tuple[float, float]) -> float:
    """How far two such results must be from each other to be told apart by their intervals alone."""
    return hypot(value - interval[0], interval[1] - value)


def _columns(found: Tables) -> dict[str, dict[str, float]]:
    return {table: dict.fromkeys(columns, 0.0) for table, columns in found.items()}


def _add(squares: dict[str, dict[str, float]], centre: Tables, moved: Tables) -> None:
    for table, columns in centre.items():
        for column, score in columns.items():
            squares[table][column] += (moved[table][column].accuracy - score.accuracy) ** 2
