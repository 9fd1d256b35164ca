"""What a comparison of two evaluations says: its record, and the lines that people read of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from lamforge.errors import IncompleteError
from lamforge.evaluate.conditions import cautions
from lamforge.evaluate.reliability import Estimate
from lamforge.pages import percent


@dataclass(frozen=True)
class Flip:
    """A trial that one run passed and the other failed."""

    task_id: str
    trial: int
    category: str
    better: str  # "A" or "B": which one passed
    kind: str  # of the other's error
    error_type: str


@dataclass(frozen=True)
class Change:
    """One category in both runs, as counts of passed trials."""

    name: str
    trials: int
    a: int
    b: int


@dataclass(frozen=True)
class Comparison:
    """What two runs have in common, and how they differ there.

    `p_value` is that of McNemar's exact test over the trials that both have; with several trials of a task its
    clustered form, which flips the sign of each task's difference as a whole; with one trial each both
    are the same test.
    """

    a: str
    b: str
    tasks: int
    trials: int  # that both runs have a verdict on
    only_a: int  # trials that only this run has
    only_b: int
    changed: int  # trials that both have, of tasks that are not the same
    passed_a: int
    passed_b: int
    gained: int  # trials that A failed and B passed
    lost: int  # trials that A passed and B failed
    difference: float  # of the pass rates, B minus A
    low: float  # 95 % bootstrap interval over tasks
    high: float
    p_value: float
    categories: list[Change]
    kinds: dict[str, tuple[int, int]]  # kind of error -> failures of A and of B
    flips: list[Flip]
    reliability: dict[str, list[Estimate]]  # "A", "B" -> pass^k of the trials that both have, so many of each task
    differing: dict[str, tuple[Any, Any]] = field(default_factory=dict)  # how the runs were made differently
    conditions: dict[str, tuple[Any, Any]] = field(default_factory=dict)  # of that, what is not the model's own
    missing: dict[str, tuple[int, int]] = field(default_factory=dict)  # "A", "B" -> trials without a result, of all

    @property
    def complete(self) -> bool:
        """Whether both runs have a result for each trial that was planned."""
        return not self.missing

    @property
    def cautions(self) -> list[str]:
        """What differs besides the model, line by line."""
        return cautions(self.conditions)

    @property
    def incomplete(self) -> str:
        """Which results are missing; empty if none are."""
        return ", ".join(f"{name} lacks {lost} of {of} results" for name, (lost, of) in self.missing.items())

    def require_complete(self) -> None:
        """Does nothing where both runs are complete.

        Raises:
            IncompleteError: saying what is missing.
        """
        if self.missing:
            remedy = "Run the evaluation's own command with --retry-errors, then compare again."
            raise IncompleteError(self.incomplete, where=f"{self.a} and {self.b}", remedy=remedy)

    def verdict(self) -> str:
        """One sentence on what this shows."""
        if self.p_value >= 0.05:
            return "the two are not told apart by these tasks"
        return f"{'B' if self.difference > 0 else 'A'} is better on these tasks"

    def rows(self) -> list[tuple[str, str]]:
        """Name and value of each line of the table that the command line prints."""
        both = max(1, self.trials)
        rows = [
            ("A", f"{self.a}: {percent(self.passed_a / both)} of {self.trials} trials of {self.tasks} tasks"),
            ("B", f"{self.b}: {percent(self.passed_b / both)}"),
            ("B - A", f"{100 * self.difference:+.1f} points [{100 * self.low:+.1f}, {100 * self.high:+.1f}]"),
            ("flips", f"{self.gained} gained, {self.lost} lost"),
            ("McNemar", f"p = {self.p_value:.4g}: {self.verdict()}"),
        ]
        left_out = [
            f"{count} trials {why}"
            for count, why in (
                (self.only_a, "that only A has"),
                (self.only_b, "that only B has"),
                (self.changed, "of tasks that are not the same in both"),
            )
            if count
        ]
        rows += [("left out", ", ".join(left_out))] if left_out else []
        rows += [("CAUTION", f"not only the model differs: {line}") for line in self.cautions]
        rows += [("INCOMPLETE", f"{self.incomplete}; do not quote these numbers")] if self.missing else []
        return rows

    def as_dict(self) -> dict[str, Any]:
        """As plain JSON."""
        return {"complete": self.complete, **asdict(self)}
