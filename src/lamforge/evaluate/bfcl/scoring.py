"""From answers to verdicts and counts. It asks no model."""

from __future__ import annotations

import gc
import random
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from lamforge.evaluate.bfcl.decoding import Decoder
from lamforge.evaluate.bfcl.formulas import Tables, tables
from lamforge.evaluate.bfcl.suites import Suite, kind_of
from lamforge.evaluate.bfcl.tasks import BfclTask
from lamforge.evaluate.bfcl.verdicts import Judge, Verdict
from lamforge.evaluate.bfcl.wheel import Release
from lamforge.evaluate.reliability import resampled_sums
from lamforge.messages import derived_seed

_RESAMPLES = 1000
_OUTSIDE = 25  # of them on each side of a 95 % interval

Counts = dict[str, tuple[int, int]]  # category -> (right, all)


@dataclass(frozen=True)
class Scored:
    """One answer and the verdict on it."""

    task: BfclTask
    trial: int
    answer: Any
    verdict: Verdict


def score(release: Release, decoder: Decoder, answers: Iterable[tuple[BfclTask, int, Any]]) -> list[Scored]:
    """The verdicts on answers, each a task, the trial's number and the answer."""
    judge = Judge(release, decoder)
    with collector_paused():
        return [Scored(task, trial, answer, judge.verdict(task, answer)) for task, trial, answer in answers]


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


def official_counts(scored: Iterable[Scored]) -> Counts:
    """How many answers of each category are officially right."""
    return _counted((each.task.category, each.verdict.valid) for each in scored)


def sound_counts(scored: Iterable[Scored]) -> Counts:
    """The same without tasks that no answer solves, and without credit for calls that could not be read."""
    return _counted((e.task.category, e.verdict.sound) for e in scored if e.verdict.sound is not None)


def nothing_counts(tasks: Iterable[BfclTask]) -> Counts:
    """The counts of a model that calls nothing, whatever is asked: right only where nothing should be called."""

    def right(task: BfclTask) -> bool:
        kind = kind_of(task.category)
        return kind == "irrelevance" or (kind == "multi_turn" and not any(task.answer or ()))

    return _counted((task.category, right(task)) for task in tasks)


def interval(suite: Suite, scored: Sequence[Scored], sizes: dict[str, int], seed: int = 0) -> tuple[float, float]:
    """95 % interval of the official "Overall Acc": bootstrap over tasks within their categories, trials together."""
    shares: dict[str, dict[str, list[bool]]] = {}
    for each in scored:
        shares.setdefault(each.task.category, {}).setdefault(each.task.id, []).append(each.verdict.valid)
    rng = random.Random(derived_seed(seed, "bfcl interval"))
    sums = {
        name: resampled_sums([sum(each) / len(each) for each in by_task.values()], _RESAMPLES, rng)
        for name, by_task in shares.items()
    }
    drawn = sorted(
        tables(suite, {name: (of[draw], len(shares[name])) for name, of in sums.items()}, sizes)["Overall"][
            "Overall Acc"
        ].accuracy
        for draw in range(_RESAMPLES)
    )
    return drawn[_OUTSIDE], drawn[-1 - _OUTSIDE]


def shown(found: Tables) -> dict[str, dict[str, str]]:
    """Tables as they are read: percents with two decimals, and N/A where a category was not run."""
    return {name: {column: str(score) for column, score in columns.items()} for name, columns in found.items()}


def _counted(verdicts: Iterable[tuple[str, bool | None]]) -> Counts:
    counts: Counts = {}
    for category, right in verdicts:
        before, total = counts.get(category, (0, 0))
        counts[category] = (before + bool(right), total + 1)
    return counts
