"""Conversations in which nearly the same is said and done, found among millions.

What counts is what users say and what is called: the set of the users' word shingles and of the calls, among tools of
the same names: a question whose tool is offered and the same one without it are two things to learn. Two conversations
are near-duplicates where the sets' Jaccard similarity is high, as `lamforge.near_duplicates` has it.
Which pairs to look at MinHash says (Broder, 1997), in bands that miss one pair in 10,000 at the
threshold and fewer above.
"""

from __future__ import annotations

import math
import zlib
from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from lamforge.errors import MissingExtraError
from lamforge.messages import Trajectory, canonical_json, content_id
from lamforge.near_duplicates import THRESHOLD, masked, shingles, similar, words_of

_MISSED = 1e-4  # of the pairs at the threshold
_HASHES = 128  # for one conversation, at most
_DOUBT = 0.16  # four standard deviations of a similarity that is estimated by so many hashes
_SEED = 1  # of the hash functions; any will do


@dataclass
class Duplicates:
    """What was found."""

    keepers: list[int | None] = field(default_factory=list)  # for each conversation the one that is kept in its place
    exact: int = 0  # dropped ones that say and do the very same as the one that is kept
    near: int = 0

    @property
    def kept(self) -> int:
        """How many stay."""
        return sum(keeper is None for keeper in self.keepers)

    def cluster_sizes(self) -> list[int]:
        """How many conversations each keeper stands for, itself included; the largest first, those alone left out."""
        sizes: dict[int, int] = {}
        for keeper in self.keepers:
            if keeper is not None:
                sizes[keeper] = sizes.get(keeper, 1) + 1
        return sorted(sizes.values(), reverse=True)


@dataclass
class _Entry:
    rank: tuple[float, float]  # smaller is better
    whole: str  # hash of all that is said and done, and with which tools
    features: array[int]


def find_duplicates(
    trajectories: Iterable[Trajectory], *, threshold: float | None = THRESHOLD, mask: bool = False
) -> Duplicates:
    """Which conversations can go.

    The best of those that are alike stays: reward 1 before unjudged before reward 0, then the higher score of `lamforge
    data rate`, then the first. No two that stay are alike, and each that goes is like one that stays and is no worse.

    Args:
        threshold: Jaccard similarity from which two are near-duplicates, above 0; None finds exact ones alone.
        mask: Words with digits in them count as the same: conversations that differ in ids and amounts alone are alike.
    Raises:
        MissingExtraError: without rensa.
    """
    entries = [_entry(trajectory, mask) for trajectory in trajectories]
    found = Duplicates([None] * len(entries))
    index = _Index(threshold)
    first: dict[str, int] = {}
    for place in sorted(range(len(entries)), key=lambda place: (entries[place].rank, place)):
        entry = entries[place]
        if (keeper := first.get(entry.whole)) is not None:
            found.keepers[place] = keeper
            found.exact += 1
        elif (keeper := index.keeper_of(place, entry.features)) is not None:
            found.keepers[place] = keeper
            found.near += 1
        first.setdefault(entry.whole, place if keeper is None else keeper)
    return found


def _entry(trajectory: Trajectory, mask: bool) -> _Entry:
    reward = {1: 0.0, None: 1.0, 0: 2.0}[trajectory.reward]
    score = trajectory.rating.score if trajectory.rating is not None else -1.0
    return _Entry((reward, -score), _whole(trajectory), array("I", sorted(_features(trajectory, mask))))


def _whole(trajectory: Trajectory) -> str:
    """A hash of all that is said and done, and with which tools; how calls are numbered does not count."""
    said: list[Any] = []
    for message in trajectory.messages:
        calls = [[call.function.name, call.function.arguments] for call in message.tool_calls or ()]
        said.append([message.role, message.content or "", calls, message.weight != 0])
    return content_id(said, trajectory.tools)


def _features(trajectory: Trajectory, mask: bool) -> set[int]:
    """The hashes of the users' shingles and of the calls, each with the names of the tools that are offered."""
    names = canonical_json(sorted({str((tool.get("function") or tool).get("name")) for tool in trajectory.tools}))
    found: set[str] = set()
    for message in trajectory.messages:
        if message.role == "user" and message.content:
            words = words_of(message.content)
            found.update(" ".join(each) for each in shingles(masked(words) if mask else words))
        for call in message.tool_calls or ():
            words = words_of(canonical_json(call.function.arguments))
            found.add(" ".join([f"{call.function.name}()", *(masked(words) if mask else words)]))
    offered = zlib.crc32(names.encode())
    return {zlib.crc32(each.encode(), offered) for each in found}


class _Index:
    """The sets of those that stay."""

    def __init__(self, threshold: float | None) -> None:
        self._threshold = threshold or 0.0
        self._rensa = _rensa() if threshold is not None else None
        self._kept: dict[int, tuple[array[int], Any]] = {}  # with its MinHash
        if self._rensa is not None:
            bands, rows = _shape(self._threshold)
            self._size = bands * rows
            self._bands = self._rensa.RMinHashLSH(threshold=self._threshold, num_perm=self._size, num_bands=bands)

    def keeper_of(self, place: int, features: array[int]) -> int | None:
        """The first one that stays and is like a set; if there is none, the set stays."""
        if self._rensa is None or not features:
            return None
        hashes = self._rensa.RMinHash(num_perm=self._size, seed=_SEED)
        hashes.update([str(each) for each in features])
        mine = set(features)
        likely = self._threshold - _DOUBT
        for candidate in sorted(self._bands.query(hashes)):
            other, known = self._kept[candidate]
            if hashes.jaccard(known) >= likely and similar(mine, set(other), self._threshold):
                return candidate
        self._bands.insert(place, hashes)
        self._kept[place] = features, hashes
        return None


def _shape(threshold: float) -> tuple[int, int]:
    """(bands, rows in each): as many rows as the hashes suffice for, so that few pairs are looked at in vain."""
    best = 1
    for rows in range(1, _HASHES):
        missed = math.log1p(-min(threshold**rows, 1 - 1e-9))  # by one band, as a logarithm
        bands = math.ceil(math.log(_MISSED) / missed)
        if bands * rows > _HASHES:
            return best, max(1, rows - 1)
        best = bands
    return best, _HASHES - 1


def _rensa() -> Any:
    try:
        import rensa
    except ImportError as error:
        raise MissingExtraError(
            "near-duplicates are found with rensa",
            remedy="Install it with `pip install 'lamforge[data]'`, or look for exact ones alone: --exact.",
        ) from error
    return rensa
