"""The numbers of a BFCL evaluation: what `summary.json` holds and what the command line prints."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from lamforge.errors import IncompleteError
from lamforge.evaluate.bfcl.formulas import tables
from lamforge.evaluate.bfcl.playing import seconds_of, tokens_of
from lamforge.evaluate.bfcl.scoring import (
    Counts,
    Scored,
    interval,
    nothing_counts,
    official_counts,
    shown,
    sound_counts,
)
from lamforge.evaluate.bfcl.suites import Suite
from lamforge.evaluate.bfcl.tasks import BfclTask
from lamforge.evaluate.reliability import Estimate, estimates
from lamforge.evaluate.report import error_counts
from lamforge.evaluate.results import Result
from lamforge.evaluate.summary import BrokenEpisode

SCHEMA = 1
_TOTALS = (
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
    overall_interval: tuple[float, float] | None  # of the whole suite, if nothing is missing
    counts: Counts
    sound_counts: Counts
    reliability: list[Estimate]  # pass^k over all tasks alike, if trials > 1
    errors: dict[str, dict[str, int]]  # category -> official error type -> answers
    unsatisfiable: list[str]  # tasks that no answer solves
    unreadable: int  # texts that were meant as calls and cannot be read as such
    not_run: dict[str, int]
    shortened: dict[str, tuple[int, int]]  # categories of which only some tasks were run: (planned, all)
    seconds: dict[str, float]  # of one answer: median, p95
    tokens: dict[str, float]  # mean per task: prompt, completion, answers
    error_kinds: dict[str, int]  # kind, in the words of all suites -> answers
    cost: float
    broken: list[BrokenEpisode]
    made: dict[str, Any]

    @property
    def complete(self) -> bool:
        """Whether every planned task has a result."""
        return self.results == self.tasks * self.trials

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
            remedy="Run the same command with --retry-errors: it tries these once more and keeps the others.",
        )

    def rows(self) -> list[tuple[str, str]]:
        """Name and value of each line of the table that the command line prints."""
        rows = [("model", self.model), ("suite", f"BFCL {self.suite}, {self.tasks} tasks x {self.trials}, {self.mode}")]
        for name in _TOTALS:
            own, sound, nothing = (table["Overall"][name] for table in (self.official, self.sound, self.nothing))
            rows.append((name, f"{own:>7}  sound {sound}, nothing {nothing}"))
        if self.overall_interval and self.complete:
            low, high = (100 * bound for bound in self.overall_interval)
            rows.append(("95 % interval", f"Overall Acc {low:.2f} to {high:.2f}"))
        rows += [(f"pass^{each.k}", f"{100 * each.at_least:.1f} %") for each in self.reliability]
        if self.shortened:
            some, of = (sum(each) for each in zip(*self.shortened.values(), strict=True))
            rows.append(("PART", f"only {some} of {of} tasks of these categories: not a score of BFCL's"))
        if self.not_run:
            names = ", ".join(list(self.not_run)[:6]) + ("…" if len(self.not_run) > 6 else "")
            rows.append(("not run", f"{names}: counted as 0 in the totals"))
        rows += [(f"  {kind}", str(count)) for kind, count in self._error_counts().most_common(5)]
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

    def _error_counts(self) -> Counter[str]:
        counted: Counter[str] = Counter()
        for kinds in self.errors.values():
            counted.update(kinds)
        return counted

    def as_dict(self) -> dict[str, Any]:
        """The summary as plain JSON, the way it stands in `summary.json`."""
        return {"schema": SCHEMA, "complete": self.complete, **asdict(self)}


def summarise(
    suite: Suite,
    tasks: Sequence[BfclTask],
    scored: Sequence[Scored],
    *,
    model: str,
    mode: str,
    trials: int = 1,
    sizes: dict[str, int],
    played: Sequence[dict[str, Any]] = (),
    broken: Sequence[BrokenEpisode] = (),
    results: Sequence[Result] = (),
    made: dict[str, Any],
) -> BfclSummary:
    """The numbers of answers with their verdicts.

    Args:
        tasks: All that were planned.
        sizes: How many tasks each category of the suite has.
        played: Records of `Played`, for times and tokens.
        results: The same answers in the words of all suites, for costs and kinds of error.
    """
    official, sound = official_counts(scored), sound_counts(scored)
    kinds: dict[str, Counter[str]] = {}
    for each in scored:
        if each.verdict.error_type:
            kinds.setdefault(each.task.category, Counter())[each.verdict.error_type] += 1
    run = Counter(task.category for task in tasks)
    shortened = {name: (size, sizes[name]) for name, size in run.items() if size < sizes[name]}
    whole = len(scored) == len(tasks) * trials and len(run) == len(sizes) and not shortened
    return BfclSummary(
        model=model,
        suite=str(suite),
        mode=mode,
        tasks=len(tasks),
        trials=trials,
        results=len(scored),
        official=shown(tables(suite, official, sizes)),
        sound=shown(tables(suite, sound, sizes)),
        nothing=shown(tables(suite, nothing_counts(tasks), sizes)),
        overall_interval=interval(suite, scored, sizes) if whole else None,
        counts=official,
        sound_counts=sound,
        reliability=_reliability(tasks, scored, trials),
        errors={category: dict(counted.most_common()) for category, counted in kinds.items()},
        unsatisfiable=sorted({each.task.id for each in scored if each.verdict.sound is None}),
        unreadable=sum(len(each.get("problems", ())) for each in played),
        not_run={**{name: size for name, size in sizes.items() if name not in run}, **suite.not_run},
        shortened=shortened,
        seconds=seconds_of(played),
        tokens=tokens_of(played),
        error_kinds={name: count for name, count, _ in error_counts(results)},
        cost=sum(result.cost for result in results),
        broken=list(broken),
        made=made,
    )


def _reliability(tasks: Sequence[BfclTask], scored: Sequence[Scored], trials: int) -> list[Estimate]:
    if trials == 1 or not tasks:
        return []
    done = Counter(each.task.id for each in scored)
    right = Counter(each.task.id for each in scored if each.verdict.valid)
    ids = [task.id for task in tasks]
    return estimates([right[i] for i in ids], [trials - done[i] for i in ids], trials)
