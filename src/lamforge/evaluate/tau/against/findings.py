"""What a comparison found. No comparison is no agreement, and what could not be compared is none either."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

_NAMED = 100  # differences that are named in full


@dataclass(frozen=True)
class Difference:
    """Something on which the two differ."""

    place: str
    what: str
    official: str
    ours: str


@dataclass
class Agreement:
    """How often both say the same, by what was compared."""

    layout: str
    rules: str
    data_sha256: dict[str, str] = field(default_factory=dict)
    agreeing: dict[str, int] = field(default_factory=dict)
    total: dict[str, int] = field(default_factory=dict)
    reliability: dict[str, float] = field(default_factory=dict)  # of recorded conversations, as we find it
    differences: list[Difference] = field(default_factory=list)
    recorded: dict[str, int] = field(default_factory=dict)  # file of recordings -> its conversations that were compared
    unmatched: list[str] = field(default_factory=list)  # conversations in them that could not be compared, and why

    @property
    def complete(self) -> bool:
        """Whether something was compared, everything that was to be, and there is no difference at all."""
        return self.agreeing == self.total and any(self.total.values()) and not self.unmatched

    def count(self, category: str, place: str, what: str, official: str, ours: str) -> None:
        """Counts one comparison."""
        same = official == ours
        self.total[category] = self.total.get(category, 0) + 1
        self.agreeing[category] = self.agreeing.get(category, 0) + same
        if not same and len(self.differences) < _NAMED:
            self.differences.append(Difference(place, what, official[:1000], ours[:1000]))

    def as_dict(self) -> dict[str, Any]:
        """As plain JSON."""
        return {"complete": self.complete, **asdict(self)}
