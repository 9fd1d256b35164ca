"""The numbers of an evaluation that do not depend on the suite. They are made of results alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lamforge.error_kinds import ERROR_KINDS
from lamforge.evaluate.reliability import Estimate, estimates
from lamforge.evaluate.results import Result


@dataclass(frozen=True)
class Share:
    """The tasks of one category, with how many of their trials passed, of those that have a result."""

    name: str
    tasks: int
    passed: int
    episodes: int


@dataclass(frozen=True)
class Sound:
    """The score without tasks that no answer solves, and without credit for what deserves none."""

    passed: int
    episodes: int  # scored trials of satisfiable tasks
    unsatisfiable: list[str]  # tasks
    reliability: list[Estimate]


@dataclass(frozen=True)
class Scores:
    """What a suite's results come to; fractions of 1, seconds, tokens, money."""

    tasks: int
    trials: int
    passed: int
    episodes: int  # trials with a verdict; tasks x trials if complete
    reliability: list[Estimate]  # official pass^k
    sound: Sound
    baselines: dict[str, list[Estimate]]  # of agents that need no model, on the same tasks
    error_kinds: dict[str, int]  # every kind of the taxonomy, in its order
    categories: list[Share]
    reply_seconds: dict[str, float]  # of one answer: median, p95
    task_seconds: dict[str, float]  # of one trial: median, p95
    tokens: dict[str, float]  # mean per trial: prompt, completion, messages
    cost: dict[str, float]  # total, and mean per trial

    @property
    def complete(self) -> bool:
        """Whether every planned trial has a verdict."""
        return self.episodes == self.tasks * self.trials


def scores(
    results: Sequence[Result],
    trials: int,
    *,
    seed: int = 0,
    baselines: Mapping[str, Sequence[Result]] | None = None,
) -> Scores:
    """The numbers of results, one for each planned trial, errors included.

    Args:
        baselines: The results of each baseline on the same tasks; for those that play once, one trial each.
    """
    done = [result for result in results if result.scored]
    kinds = Counter(result.kind for result in done if not result.passed)
    return Scores(
        tasks=len({result.task_id for result in results}),
        trials=trials,
        passed=sum(result.passed for result in done),
        episodes=len(done),
        reliability=_reliability(results, trials, seed),
        sound=_sound(results, trials, seed),
        baselines={name: _reliability(own, trials, seed) for name, own in (baselines or {}).items()},
        error_kinds={name: kinds[name] for name in ERROR_KINDS},
        categories=_shares(results),
        reply_seconds=median_and_p95([second for result in done for second in result.reply_seconds]),
        task_seconds=median_and_p95([result.seconds for result in done]),
        tokens=_tokens(done),
        cost={
            "total": sum(result.cost for result in done),
            "per_episode": sum(result.cost for result in done) / max(1, len(done)),
        },
    )


def _reliability(results: Sequence[Result], trials: int, seed: int) -> list[Estimate]:
    ids = list(dict.fromkeys(result.task_id for result in results))
    scored = Counter(result.task_id for result in results if result.scored)
    passed = Counter(result.task_id for result in results if result.scored and result.passed)
    return estimates([passed[i] for i in ids], [trials - scored[i] for i in ids], trials, seed) if ids else []


def _sound(results: Sequence[Result], trials: int, seed: int) -> Sound:
    hopeless = {result.task_id for result in results if result.scored and result.sound is None}
    left = [_soundly(result) for result in results if result.task_id not in hopeless]
    return Sound(
        passed=sum(result.passed for result in left if result.scored),
        episodes=sum(result.scored for result in left),
        unsatisfiable=sorted(hopeless),
        reliability=_reliability(left, trials, seed),
    )


def _soundly(result: Result) -> Result:
    return result if result.passed == bool(result.sound) else Result(**{**vars(result), "passed": bool(result.sound)})


def _shares(results: Sequence[Result]) -> list[Share]:
    tasks: dict[str, set[str]] = {}
    for result in results:
        tasks.setdefault(result.category, set()).add(result.task_id)
    played = Counter(result.category for result in results if result.scored)
    passed = Counter(result.category for result in results if result.scored and result.passed)
    return [Share(name, len(tasks[name]), passed[name], played[name]) for name in tasks]


def median_and_p95(values: list[float]) -> dict[str, float]:
    """Both quantiles, 0 of nothing."""
    ordered = sorted(values)
    return {"median": _quantile(ordered, 0.5), "p95": _quantile(ordered, 0.95)}


def _quantile(ordered: Sequence[float], fraction: float) -> float:
    """The nearest-rank quantile; 0 of nothing."""
    return ordered[min(len(ordered) - 1, int(fraction * len(ordered)))] if ordered else 0.0


def _tokens(done: Sequence[Result]) -> dict[str, float]:
    count = max(1, len(done))
    return {
        "prompt": sum(result.prompt_tokens for result in done) / count,
        "completion": sum(result.completion_tokens for result in done) / count,
        "messages": sum(len(result.reply_seconds) for result in done) / count,
    }
