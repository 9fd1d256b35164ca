"""What a comparison found."""

from __future__ import annotations

from dataclasses import dataclass, field

from lamforge.evaluate.agreement import Compared

_NAMED = 10_000  # differences that are named in full


@dataclass(frozen=True)
class Difference:
    """Something on which the two differ."""

    place: str
    what: str
    official: str
    ours: str


@dataclass
class Agreement(Compared):
    """Agreement on answers, states and rewards."""

    layout: str
    rules: str
    data_sha256: dict[str, str] = field(default_factory=dict)
    reliability: dict[str, float] = field(default_factory=dict)  # of recorded conversations, as we find it
    differences: list[Difference] = field(default_factory=list)  # all, but for the last of very many

    def count(self, category: str, place: str, what: str, official: str, ours: str) -> None:
        """Counts one comparison, and names a difference."""
        same = official == ours
        self.tally(category, same)
        if not same and len(self.differences) < _NAMED:
            self.differences.append(Difference(place, what, official[:1000], ours[:1000]))
