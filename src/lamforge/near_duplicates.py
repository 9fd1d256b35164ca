"""Texts that say nearly the same: exactly those, found without comparing each with each.

Two texts are near-duplicates if the Jaccard similarity of their sets of word shingles is at least 0.8. Two such sets
share one of their rarest members, so only texts that do are compared (prefix filter: Chaudhuri et al., ICDE 2006;
Bayardo et al., WWW 2007).
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Sequence, Set

SHINGLE = 3  # words
THRESHOLD = 0.8

_WORD = re.compile(r"\w+")


def words_of(text: str) -> list[str]:
    """The words of a text, in lower case."""
    return _WORD.findall(text.lower())


def masked(words: Sequence[str]) -> list[str]:
    """The words with one and the same in place of each that holds a digit: ids, amounts, dates."""
    return ["0" if any(letter.isdigit() for letter in word) else word for word in words]


def near_duplicates(texts: Sequence[Sequence[str]], threshold: float = THRESHOLD) -> list[int | None]:
    """For each text the place of the first one that it is like, or None if there is none before it.

    Only texts that are themselves like none before them count as models for others: what is left when all texts with
    a number are dropped has no near-duplicates.

    Args:
        texts: Their words. One of fewer words than a shingle is a shingle of its own.
        threshold: Smallest Jaccard similarity of two shingle sets that makes near-duplicates, above 0.
    """
    sets = [shingles(words) for words in texts]
    counts = Counter(shingle for each in sets for shingle in each)
    rank = {shingle: place for place, (shingle, _) in enumerate(reversed(counts.most_common()))}  # rarest first
    holders: dict[int, list[int]] = defaultdict(list)  # shingle -> kept texts that have it among their rarest
    ranked: list[set[int]] = []
    like: list[int | None] = []
    for place, each in enumerate(sets):
        members = sorted(rank[shingle] for shingle in each)
        mine = set(members)
        ranked.append(mine)
        rarest = members[: len(members) - math.ceil(threshold * len(members) - 1e-9) + 1]
        candidates = sorted({holder for member in rarest for holder in holders[member]})
        like.append(next((each for each in candidates if similar(mine, ranked[each], threshold)), None))
        if like[place] is None:
            for member in rarest:
                holders[member].append(place)
    return like


def shingles(words: Sequence[str]) -> set[tuple[str, ...]]:
    """The runs of `SHINGLE` words in a text; fewer words are one of their own."""
    return {tuple(words[start : start + SHINGLE]) for start in range(max(1, len(words) - SHINGLE + 1))}


def similar(one: Set[int], other: Set[int], threshold: float = THRESHOLD) -> bool:
    """Whether two sets have that Jaccard similarity."""
    shared = len(one & other)
    return shared >= threshold * (len(one) + len(other) - shared) - 1e-9
