"""How a run with models stands, in a few words for a progress bar."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lamforge.engines.budget import Budget


class Standing:
    """Counts records as they come, of tasks or of rounds of items."""

    def __init__(self, records: Iterable[dict[str, Any]], budget: Budget) -> None:
        self.kept = self.rejected = 0
        self._budget = budget
        for record in records:
            self.add(record)

    def add(self, record: dict[str, Any]) -> None:
        """Counts what is done: a task that is kept, or items, and all that was rejected on the way."""
        self.kept += len(record["items"]) if "items" in record else bool(record["task"])
        self.rejected += sum(each.get("entries", 1) for each in record["rejected"])

    def __str__(self) -> str:
        """Such as "412 kept, 131 rejected, 0.53 spent, 1.2M tokens"."""
        spent = f"{self._budget.cost:.2f} spent, " if self._budget.cost else ""
        return f"{self.kept:,} kept, {self.rejected:,} rejected, {spent}{_short(self._budget.tokens)} tokens"


def _short(count: int) -> str:
    return f"{count / 1e6:.1f}M" if count >= 1_000_000 else f"{count / 1e3:.0f}k" if count >= 10_000 else f"{count:,}"
