"""The numbers of a BFCL evaluation: what `summary.json` holds and what the command line prints."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

from lamforge.errors import IncompleteError
from lamforge.evaluate.bfcl.intervals import Intervals, telling
from lamforge.evaluate.bfcl.scoring import Counts
from lamforge.evaluate.part import Part
from lamforge.evaluate.reliability import Estimate
from lamforge.evaluate.summary import BrokenEpisode
from lamforge.evaluate.summary import shown as estimate_text

SCHEMA = 2
TOTALS = (  # of the leaderboard's columns: those that open tables, reports and cards
    "Overall Acc",
    "Non-Live AST Acc",
    "Live Acc",
    "Multi Turn Acc",
    "Relevance Detection",
    "Irrelevance Detection",
)
Columns = dict[str, dict[str, str]]


@dataclass(frozen=True)
class BfclSummary:
    """What an evaluation found, and how it was made.

    `official` are the leaderboard's tables; `sound` the same without tasks that no answer solves and without credit for
    calls that could not be read; `nothing` those of a model that never calls anything. Categories of the suite that
    were not run are in `not_run`; they count as 0 in the totals of all three, as they do officially.

    While answers are missing they stay in every denominator, and what they can change is a range: with all of them
    wrong, and with all of them right.
    """

    model: str
    suite: str
    mode: str  # "chat" or "completions", or "results" for answers of others
    tasks: int
    trials: int
    results: int  # tasks x trials if complete
    official: Columns
    sound: Columns
    nothing: Columns
    intervals: Intervals  # of 95 %, of the official columns that are wholly run; none while answers are missing
    sound_intervals: Intervals
    counts: Counts  # category -> (right, planned)
    sound_counts: Counts
    missing: dict[str, int]  # category -> answers that are missing, because the engine failed
    reliability: list[Estimate]  # pass^k over all tasks alike; pass^1 is pass@1
    errors: dict[str, dict[str, int]]  # category -> official error type -> answers
    unsatisfiable: list[str]  # tasks that no answer solves
    unreadable: int  # texts that were meant as calls and cannot be read as such
    not_run: dict[str, int]
    part: Part | None  # of the suite's tasks, if not all were planned
    seconds: dict[str, float]  # of one answer: median, p95
    task_seconds: dict[str, float]  # of one trial of a task: median, p95
    tokens: dict[str, float]  # mean per task: prompt, completion, answers
    error_kinds: dict[str, int]  # kind, in the words of all suites -> answers
    cost: float
    broken: list[BrokenEpisode]
    made: dict[str, Any]

    @property
    def complete(self) -> bool:
        """Whether every planned task has a result."""
        return self.results == self.tasks * self.trials

    @property
    def way_out(self) -> str:
        """What to do about answers that are missing."""
        if self.mode == "results":
            return "Have the missing ones answered; or with --category score those categories alone that are whole."
        return "Run the same command with --retry-errors: it tries these once more and keeps the others."

    def require_complete(self) -> None:
        """Does nothing for a complete result.

        Raises:
            IncompleteError: naming the first of the tasks that have no result.
        """
        if self.complete:
            return
        first = f"; the first: {self.broken[0].task_id}: {self.broken[0].error}" if self.broken else ""
        planned = self.tasks * self.trials
        raise IncompleteError(
            f"{planned - self.results} of {planned} answers are missing{first}",
            where=self.model,
            remedy=self.way_out,
        )

    def interval(self, column: str, *, sound: bool = False) -> tuple[float, float] | None:
        """The 95 % interval of a column of the table "Overall", in percent."""
        found = (self.sound_intervals if sound else self.intervals).get("Overall", {}).get(column)
        return None if found is None else (100 * found[0], 100 * found[1])

    def telling(self, column: str = "Overall Acc") -> float | None:
        """How many points two such results must differ by in a column to be told apart by their intervals alone."""
        if (found := self.interval(column)) is None:
            return None
        return telling(float(self.official["Overall"][column].rstrip("%")), found)

    def rows(self) -> list[tuple[str, str]]:
        """Name and value of each line of the table that the command line prints."""
        rows = [("model", self.model), ("suite", f"BFCL {self.suite}, {self.tasks} tasks x {self.trials}, {self.mode}")]
        if self.part:
            rows.append(("PART", str(self.part)))
        rows += [(name, self._line(name)) for name in TOTALS if self.official["Overall"][name] != "N/A"]
        if (apart := self.telling()) is not None:
            rows.append(
                ("note", f"two models whose Overall Acc differs by less than {apart:.1f} points are not told apart")
            )
        if self.trials > 1:
            rows += [(f"pass^{each.k}", estimate_text(each)) for each in self.reliability]
        if self.not_run:
            names = ", ".join(list(self.not_run)[:6]) + ("…" if len(self.not_run) > 6 else "")
            rows.append(("not run", f"{names}: counted as 0 in the totals"))
        rows += [(f"  {kind}", str(count)) for kind, count in self.error_types().most_common(5)]
        if self.unreadable:
            rows.append(("unreadable calls", str(self.unreadable)))
        if self.seconds:
            rows.append(("answer", f"{self.seconds['median']:.2f} s median, {self.seconds['p95']:.2f} s p95"))
        if self.cost:
            rows.append(("cost", f"{self.cost:.4f}"))
        if not self.complete:
            missing = self.tasks * self.trials - self.results
            rows.append(("INCOMPLETE", f"{missing} answers are missing; do not quote these numbers"))
        return rows

    def _line(self, column: str) -> str:
        own, sound, nothing = (table["Overall"][column] for table in (self.official, self.sound, self.nothing))
        own, sound = (
            value + interval_text(self.interval(column, sound=each)) for value, each in ((own, False), (sound, True))
        )
        beside = "" if own == sound else f"sound {sound}, "
        return f"{own:>7}  {beside}nothing {nothing}"

    def error_types(self) -> Counter[str]:
        """How often each official error type occurs."""
        counted: Counter[str] = Counter()
        for kinds in self.errors.values():
            counted.update(kinds)
        return counted

    def as_dict(self) -> dict[str, Any]:
        """The summary as plain JSON, the way it stands in `summary.json`."""
        return {"schema": SCHEMA, "complete": self.complete, "columns": TOTALS, **asdict(self)}


def interval_text(interval: tuple[float, float] | None) -> str:
    """An interval in percent behind its value; empty if there is none."""
    return "" if interval is None else f" [{interval[0]:.2f}, {interval[1]:.2f}]"
