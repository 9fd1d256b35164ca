"""How often a model gets a task right every time: pass^k with confidence intervals. It knows counts, nothing else."""

from __future__ import annotations

import random
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import comb, exp, lgamma, log

from lamforge.messages import derived_seed

RESAMPLES = 1000
CONFIDENCE = 0.95
_ROOM = 8  # estimates that a table shows all of
_MANY = 1000  # tasks above which the bootstrap's distribution is taken to be normal
_SIGMAS = 1.959964  # between which 95 % of a normal distribution lie


@dataclass(frozen=True)
class Estimate:
    """pass^k over all tasks, as fractions of 1.

    `value` with its confidence interval `low`..`high` exists only for a complete result. `at_least` and `at_most` are
    what it can still become while episodes are missing; for a complete result both equal `value`.
    """

    k: int
    value: float | None
    low: float | None
    high: float | None
    at_least: float
    at_most: float


def pass_hat_k(successes: int, trials: int, k: int) -> float:
    """Probability that k independent trials of one task all succeed (tau-bench, arXiv 2406.12045, section 3).

    Args:
        successes: Trials of the task that got reward 1, 0 <= successes <= trials.
        trials: Trials run, at least k.
    Raises:
        ValueError: if k is not in 1..trials, or successes not in 0..trials.
    """
    if not 1 <= k <= trials:
        raise ValueError(f"k must be in 1..{trials}, not {k}")
    if not 0 <= successes <= trials:
        raise ValueError(f"successes must be in 0..{trials}, not {successes}")
    return comb(successes, k) / comb(trials, k)


def estimates(successes: Sequence[int], missing: Sequence[int], trials: int, seed: int = 0) -> list[Estimate]:
    """pass^1 to pass^trials, each the mean over tasks.

    Args:
        successes: For each task, how many of its trials got reward 1.
        missing: For each task, how many of its trials have no result; the denominator stays `trials` all the same.
        trials: Trials planned per task.
        seed: Of the bootstrap.
    Raises:
        ValueError: if there is no task.
    """
    if not successes:
        raise ValueError("no task to estimate from")
    found = []
    for k in range(1, trials + 1):
        at_least = _mean([pass_hat_k(c, trials, k) for c in successes])
        if any(missing):
            at_most = _mean([pass_hat_k(c + m, trials, k) for c, m in zip(successes, missing, strict=True)])
            found.append(Estimate(k, None, None, None, at_least, at_most))
        else:
            low, high = confidence_interval([pass_hat_k(c, trials, k) for c in successes], derived_seed(seed, k))
            found.append(Estimate(k, at_least, low, high, at_least, at_least))
    return found


def confidence_interval(values: Sequence[float], seed: int) -> tuple[float, float]:
    """95 % interval of the mean of per-task values, each between 0 and 1: percentile bootstrap over tasks.

    Trials of one task resemble each other, so whole tasks are resampled. Where all tasks are alike a bootstrap sees no
    spread and would claim certainty; there the exact binomial bound over tasks (Clopper and Pearson, 1934) takes its
    place if all are 0 or all are 1, else Wilson's interval (1927), as if each task were one trial. For more than 1,000
    tasks with several trials the bootstrap's normal limit is as good.
    """
    outside = (1 - CONFIDENCE) / 2
    if not any(values):
        return 0.0, 1 - outside ** (1 / len(values))
    if all(value == 1 for value in values):
        return outside ** (1 / len(values)), 1.0
    if min(values) == max(values):
        return _wilson(values[0], len(values))
    if len(values) > _MANY and any(value not in (0, 1) for value in values):
        mean = _mean(values)
        error = _SIGMAS * (_mean([(value - mean) ** 2 for value in values]) / len(values)) ** 0.5
        return max(0.0, mean - error), min(1.0, mean + error)
    means = sorted(each / len(values) for each in resampled_sums(values, RESAMPLES, random.Random(seed)))
    cut = round(outside * RESAMPLES)
    return means[cut], means[-1 - cut]


def _wilson(share: float, trials: int) -> tuple[float, float]:
    square = _SIGMAS**2
    middle = (share + square / (2 * trials)) / (1 + square / trials)
    reach = _SIGMAS / (1 + square / trials) * (share * (1 - share) / trials + square / (4 * trials**2)) ** 0.5
    return middle - reach, middle + reach


def resampled_sums(values: Sequence[float], count: int, rng: random.Random) -> list[float]:
    """So many sums of as many values as there are, drawn from them with replacement: what a bootstrap looks at.

    Of zeros and ones the sums have a binomial distribution, which one random number for each sum is drawn from.
    """
    size = len(values)
    if any(value not in (0, 1) for value in values):
        return [sum(rng.choices(values, k=size)) for _ in range(count)]
    ones = int(sum(values))
    if ones in (0, size):
        return [float(ones)] * count
    odds = log(ones) - log(size - ones)
    logs = [lgamma(size + 1) - lgamma(k + 1) - lgamma(size - k + 1) + k * odds for k in range(size + 1)]
    highest = max(logs)
    below = list(accumulate(exp(each - highest) for each in logs))
    return [float(bisect_left(below, rng.random() * below[-1])) for _ in range(count)]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def telling(found: Sequence[Estimate]) -> list[Estimate]:
    """The estimates that tables have room for: of many, those for 1, 2, 4, 8… and the last."""
    if len(found) <= _ROOM:
        return list(found)
    return [each for each in found if each.k & (each.k - 1) == 0 or each is found[-1]]
