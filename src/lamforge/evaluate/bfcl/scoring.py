"""From answers to verdicts and counts. It asks no model."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from lamforge.evaluate.bfcl.decoding import Decoder
from lamforge.evaluate.bfcl.formulas import Tables, tables
from lamforge.evaluate.bfcl.suites import Suite
from lamforge.evaluate.bfcl.tasks import BfclTask
from lamforge.evaluate.bfcl.verdicts import Judge, Verdict
from lamforge.evaluate.bfcl.wheel import Release
from lamforge.messages import derived_seed

NOTHING = "I understand. Is there anything else I can help you with?"  # what the baseline says to everything
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
    return [Scored(task, trial, answer, judge.verdict(task, answer)) for task, trial, answer in answers]


def official_counts(scored: Iterable[Scored]) -> Counts:
    """How many answers of each category are officially right."""
    return _counted((each.task.category, each.verdict.valid) for each in scored)


def sound_counts(scored: Iterable[Scored]) -> Counts:
    """The same without tasks that no answer solves, and without credit for calls that could not be read."""
    return _counted((e.task.category, e.verdict.sound) for e in scored if e.verdict.sound is not None)


def nothing_counts(release: Release, tasks: Iterable[BfclTask]) -> Counts:
    """The counts of a model that calls nothing, whatever is asked."""
    answers = ((task, 0, [[NOTHING]] * len(task.answer or []) if task.classes else NOTHING) for task in tasks)
    return official_counts(score(release, Decoder("text"), answers))


def interval(suite: Suite, scored: Sequence[Scored], sizes: dict[str, int], seed: int = 0) -> tuple[float, float]:
    """95 % interval of the official "Overall Acc": bootstrap over tasks within their categories, trials together."""
    shares: dict[str, dict[str, list[bool]]] = {}
    for each in scored:
        shares.setdefault(each.task.category, {}).setdefault(each.task.id, []).append(each.verdict.valid)
    means = {category: [sum(v) / len(v) for v in by_task.values()] for category, by_task in shares.items()}
    rng = random.Random(derived_seed(seed, "bfcl interval"))
    drawn = sorted(_overall(suite, means, sizes, rng) for _ in range(_RESAMPLES))
    return drawn[_OUTSIDE], drawn[-1 - _OUTSIDE]


def _overall(suite: Suite, means: dict[str, list[float]], sizes: dict[str, int], rng: random.Random) -> float:
    counts = {name: (sum(rng.choices(values, k=len(values))), len(values)) for name, values in means.items()}
    return tables(suite, counts, sizes)["Overall"]["Overall Acc"].accuracy  # type: ignore[arg-type]  # fractions


def shown(found: Tables) -> dict[str, dict[str, str]]:
    """Tables as they are read: percents with two decimals, and N/A where a category was not run."""
    return {name: {column: str(score) for column, score in columns.items()} for name, columns in found.items()}


def _counted(verdicts: Iterable[tuple[str, bool | None]]) -> Counts:
    counts: Counts = {}
    for category, right in verdicts:
        before, total = counts.get(category, (0, 0))
        counts[category] = (before + bool(right), total + 1)
    return counts
