"""Agreement with a benchmark's own checkers, whichever benchmark it is: what was compared, and what could not be."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(kw_only=True)
class Compared:
    """How often both say the same, by what was compared.

    No comparison is no agreement, and what could not be compared is none either.
    """

    agreeing: dict[str, int] = field(default_factory=dict)
    total: dict[str, int] = field(default_factory=dict)
    recorded: dict[str, int] = field(default_factory=dict)  # file of others' outputs -> how many were compared
    unmatched: list[str] = field(default_factory=list)  # outputs in them that could not be compared

    def tally(self, category: str, same: bool) -> None:
        """Counts one comparison."""
        self.total[category] = self.total.get(category, 0) + 1
        self.agreeing[category] = self.agreeing.get(category, 0) + same

    @property
    def same(self) -> bool:
        """Whether there is no difference at all."""
        return self.agreeing == self.total

    @property
    def complete(self) -> bool:
        """Whether something was compared, everything that was to be, and there is no difference at all."""
        return self.same and any(self.total.values()) and not self.unmatched

    def as_dict(self) -> dict[str, Any]:
        """As plain JSON."""
        return {"complete": self.complete, **asdict(self)}
