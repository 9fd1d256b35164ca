"""Two evaluations of the same tasks held against each other: is one better, and on which tasks they differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from lamforge.errors import UsageError
from lamforge.evaluate.comparison import Change, Comparison, Flip
from lamforge.evaluate.conditions import conditions, differing, read_made, require_same_tasks
from lamforge.evaluate.paired import difference_interval, sign_flip_p
from lamforge.evaluate.reliability import Estimate, estimates
from lamforge.evaluate.results import Result, read_results


def compare_runs(a: Path, b: Path) -> Comparison:
    """Compares two folders of `lamforge eval`.

    Raises:
        DataError: if one is no finished evaluation.
        UsageError: if they are of different tasks, or were judged by different rules.
    """
    made = read_made(a), read_made(b)
    require_same_tasks(*made, where=f"{a} and {b}")
    return replace(
        compare(read_results(a), read_results(b), (made[0].model, made[1].model)),
        differing=differing(*made),
        conditions=conditions(*made),
        missing={name: (each.missing, each.planned) for name, each in zip("AB", made, strict=True) if each.missing},
    )


def compare(
    a: Sequence[Result],
    b: Sequence[Result],
    names: tuple[str, str],
) -> Comparison:
    """Compares results trial by trial; those without a verdict in one of them, or of changed tasks, are left out.

    Raises:
        UsageError: if they have no trial in common.
    """
    mine, theirs = ({r.key: r for r in results if r.scored} for results in (a, b))
    both = [(mine[key], theirs[key]) for key in mine if key in theirs]
    pairs = [(left, right) for left, right in both if left.digest == right.digest or not (left.digest and right.digest)]
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
        only_a=len(mine) - len(both),
        only_b=len(theirs) - len(both),
        changed=len(both) - len(pairs),
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
        reliability=_reliability(pairs),
        flips=[_flip(left, right) for left, right in pairs if left.passed != right.passed],
    )


def _reliability(pairs: Sequence[tuple[Result, Result]]) -> dict[str, list[Estimate]]:
    """pass^k of both, of the first trials of each task: as many as the task with the fewest has."""
    by_task: dict[str, list[tuple[Result, Result]]] = {}
    for pair in sorted(pairs, key=lambda pair: pair[0].trial):
        by_task.setdefault(pair[0].task_id, []).append(pair)
    trials = min(map(len, by_task.values()))
    passed = [[sum(pair[side].passed for pair in own[:trials]) for own in by_task.values()] for side in (0, 1)]
    return {name: estimates(each, [0] * len(each), trials) for name, each in zip("AB", passed, strict=True)}


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
