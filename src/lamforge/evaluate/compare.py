"""Two evaluations of the same tasks held against each other: is one better, and on which tasks they differ."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lamforge.errors import DataError, UsageError
from lamforge.evaluate.paired import difference_interval, sign_flip_p
from lamforge.evaluate.results import Result, read_results
from lamforge.pages import percent

_HOW = ("suite", "domain", "domain_digest", "data_sha256")  # what two runs must have in common


@dataclass(frozen=True)
class Flip:
    """A trial that one run passed and the other failed."""

    task_id: str
    trial: int
    category: str
    better: str  # "A" or "B": which one passed
    kind: str  # of the other's error
    error_type: str


@dataclass(frozen=True)
class Change:
    """One category in both runs, as counts of passed trials."""

    name: str
    trials: int
    a: int
    b: int


@dataclass(frozen=True)
class Comparison:
    """What two runs have in common, and how they differ there.

    `p_value` is that of McNemar's exact test over the trials that both have; with several trials of a task its
    clustered form, which flips the sign of each task's difference as a whole; with one trial each both
    are the same test.
    """

    a: str
    b: str
    tasks: int
    trials: int  # that both runs have a verdict on
    only_a: int  # trials that only this run has
    only_b: int
    passed_a: int
    passed_b: int
    gained: int  # trials that A failed and B passed
    lost: int  # trials that A passed and B failed
    difference: float  # of the pass rates, B minus A
    low: float  # 95 % bootstrap interval over tasks
    high: float
    p_value: float
    categories: list[Change]
    kinds: dict[str, tuple[int, int]]  # kind of error -> failures of A and of B
    flips: list[Flip]
    differing: dict[str, tuple[Any, Any]]  # how the runs were made differently

    def verdict(self) -> str:
        """One sentence on what this shows."""
        if self.p_value >= 0.05:
            return "the two are not told apart by these tasks"
        return f"{'B' if self.difference > 0 else 'A'} is better on these tasks"

    def rows(self) -> list[tuple[str, str]]:
        """Name and value of each line of the table that the command line prints."""
        both = max(1, self.trials)
        rows = [
            ("A", f"{self.a}: {percent(self.passed_a / both)} of {self.trials} trials of {self.tasks} tasks"),
            ("B", f"{self.b}: {percent(self.passed_b / both)}"),
            ("B - A", f"{100 * self.difference:+.1f} points [{100 * self.low:+.1f}, {100 * self.high:+.1f}]"),
            ("flips", f"{self.gained} gained, {self.lost} lost"),
            ("McNemar", f"p = {self.p_value:.4g}: {self.verdict()}"),
        ]
        if self.only_a or self.only_b:
            rows.append(("left out", f"{self.only_a} trials that only A has, {self.only_b} that only B has"))
        return rows

    def as_dict(self) -> dict[str, Any]:
        """As plain JSON."""
        return asdict(self)


def compare_runs(a: Path, b: Path) -> Comparison:
    """Compares two folders of `lamforge eval`.

    Raises:
        DataError: if one is no finished evaluation.
        UsageError: if they are of different tasks.
    """
    made = (_made(a), _made(b))
    for name in _HOW:
        if made[0].get(name) != made[1].get(name):
            raise UsageError(
                f"are evaluations of different tasks (different {name})",
                where=f"{a} and {b}",
                remedy="Compare runs of the same suite and data.",
            )
    differing = {
        name: (made[0].get(name), made[1].get(name))
        for name in {**made[0], **made[1]}
        if made[0].get(name) != made[1].get(name)
    }
    return compare(read_results(a), read_results(b), (str(made[0].get("model")), str(made[1].get("model"))), differing)


def compare(
    a: Sequence[Result],
    b: Sequence[Result],
    names: tuple[str, str],
    differing: dict[str, tuple[Any, Any]] | None = None,
) -> Comparison:
    """Compares results trial by trial; those without a verdict in one of them are left out.

    Raises:
        UsageError: if they have no trial in common.
    """
    mine, theirs = ({r.key: r for r in results if r.scored} for results in (a, b))
    pairs = [(mine[key], theirs[key]) for key in mine if key in theirs]
    if not pairs:
        raise UsageError("have no trial in common", where=" and ".join(names), remedy="Compare runs of the same tasks.")
    by_task: dict[str, list[int]] = {}
    for left, right in pairs:
        by_task.setdefault(left.task_id, []).append(right.passed - left.passed)
    differences = list(by_task.values())
    low, high = difference_interval(differences)
    return Comparison(
        a=names[0],
        b=names[1],
        tasks=len(by_task),
        trials=len(pairs),
        only_a=len(mine) - len(pairs),
        only_b=len(theirs) - len(pairs),
        passed_a=sum(left.passed for left, _ in pairs),
        passed_b=sum(right.passed for _, right in pairs),
        gained=sum(right.passed > left.passed for left, right in pairs),
        lost=sum(right.passed < left.passed for left, right in pairs),
        difference=sum(map(sum, differences)) / len(pairs),
        low=low,
        high=high,
        p_value=sign_flip_p([sum(each) for each in differences]),
        categories=_changes(pairs),
        kinds=_kinds(pairs),
        flips=[_flip(left, right) for left, right in pairs if left.passed != right.passed],
        differing=differing or {},
    )


def _changes(pairs: Sequence[tuple[Result, Result]]) -> list[Change]:
    by_name: dict[str, list[tuple[Result, Result]]] = {}
    for pair in pairs:
        by_name.setdefault(pair[0].category, []).append(pair)
    return [
        Change(name, len(own), sum(left.passed for left, _ in own), sum(right.passed for _, right in own))
        for name, own in by_name.items()
    ]


def _kinds(pairs: Sequence[tuple[Result, Result]]) -> dict[str, tuple[int, int]]:
    counts: dict[str, list[int]] = {}
    for pair in pairs:
        for side, result in enumerate(pair):
            if not result.passed:
                counts.setdefault(result.kind or "other", [0, 0])[side] += 1
    ordered = sorted(counts.items(), key=lambda each: -abs(each[1][1] - each[1][0]))
    return {kind: (own[0], own[1]) for kind, own in ordered}


def _flip(left: Result, right: Result) -> Flip:
    worse = left if right.passed else right
    return Flip(left.task_id, left.trial, left.category, "B" if right.passed else "A", worse.kind, worse.error_type)


def _made(folder: Path) -> dict[str, Any]:
    """How a run's answers are made.

    Raises:
        DataError: if the folder is no evaluation's.
    """
    try:
        return dict(json.loads((folder / "run.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        remedy = "Pass the --out of a finished `lamforge eval domain`, `bfcl` or `tau`."
        raise DataError("is no folder of an evaluation", where=folder, remedy=remedy) from error
