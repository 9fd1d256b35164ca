"""Statistics of pairs: differences of two runs on the same tasks. They know counts, nothing else."""

from __future__ import annotations

import random
from collections.abc import Sequence
from math import erfc, sqrt

from lamforge.messages import derived_seed

_RESAMPLES = 1000
_OUTSIDE = 25  # of them on each side of a 95 % interval
_TAIL = 0.025  # the chance on each side of it
_MOST_WORK = 4_000_000  # steps of the exact test; above, its normal limit is as good


def sign_flip_p(differences: Sequence[int]) -> float:
    """Two-sided p-value of the sum of per-task differences, each of which might as well have the other sign.

    Where all differences are -1, 0 or 1 this is McNemar's exact test (McNemar, 1947; its binomial form). It is computed
    exactly, by convolution; for very many tasks by the normal limit (Durkalski et al., 2003).
    """
    sizes = [abs(each) for each in differences if each]
    if not sizes:
        return 1.0
    observed, reach = abs(sum(differences)), sum(sizes)
    if len(sizes) * reach > _MOST_WORK:
        return erfc(observed / sqrt(2 * sum(size * size for size in sizes)))
    chances = {0: 1.0}
    for size in sizes:
        following: dict[int, float] = {}
        for total, chance in chances.items():
            for moved in (total - size, total + size):
                following[moved] = following.get(moved, 0.0) + chance / 2
        chances = following
    return min(1.0, sum(chance for total, chance in chances.items() if abs(total) >= observed))


def difference_interval(differences: Sequence[Sequence[int]]) -> tuple[float, float]:
    """95 % interval of the difference of pass rates, per task from -1 to 1: bootstrap over tasks.

    Where all tasks differ alike, as where none does, a bootstrap sees no spread and would claim certainty. There the
    exact binomial bound (Clopper and Pearson, 1934) says how many tasks of another kind may be unseen; each of those
    may differ wholly, either way.
    """
    rng = random.Random(derived_seed("comparison", len(differences)))
    sums = [(sum(each), len(each)) for each in differences]
    means = {total / count for total, count in sums}
    if len(means) == 1:
        mean, seen = means.pop(), _TAIL ** (1 / len(sums))
        return max(-1.0, seen * mean - (1 - seen)), min(1.0, seen * mean + (1 - seen))
    drawn = []
    for _ in range(_RESAMPLES):
        sample = rng.choices(sums, k=len(sums))
        drawn.append(sum(total for total, _ in sample) / sum(count for _, count in sample))
    drawn.sort()
    return drawn[_OUTSIDE], drawn[-1 - _OUTSIDE]
