"""The numbers of an evaluation: what `summary.json` holds and what the command line prints. It plays nothing."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from lamforge.errors import IncompleteError
from lamforge.evaluate.part import Part
from lamforge.evaluate.reliability import Estimate, telling
from lamforge.evaluate.scores import Scores
from lamforge.evaluate.user_effort import UserEffort
from lamforge.pages import percent

SCHEMA = 2


@dataclass(frozen=True)
class BrokenEpisode:
    """A trial without a result, because the engine failed. It is an error's state, never a wrong answer."""

    task_id: str
    trial: int
    error: str


@dataclass(frozen=True)
class Summary(Scores):
    """What an evaluation found, and how it was made."""

    model: str
    suite: str  # such as "domain store" or "tau airline (v1 rules)"
    subject: str  # the suite's name for people, such as "store"
    part: Part | None  # of the suite, if not all of its tasks were played
    broken: list[BrokenEpisode]
    made: dict[str, Any]  # model, data, format, sampling, seeds: all that is needed to get these numbers again
    users: UserEffort | None  # what the users took, where models play them

    @property
    def baseline(self) -> list[Estimate]:
        """Of the agent that does nothing, on the same tasks and trials."""
        return self.baselines["do nothing"]

    @property
    def no_better_than_nothing(self) -> bool:
        """Whether doing nothing, or refusing everything, scores within the interval of pass^1, or above."""
        low = self.reliability[0].low
        return low is not None and any(own[0].at_least >= low for own in self.baselines.values())

    @property
    def worse_than(self) -> list[str]:
        """The baselines whose score lies above the interval of pass^1."""
        high = self.reliability[0].high
        return [name for name, own in self.baselines.items() if high is not None and own[0].at_least > high]

    @property
    def mostly_outgrown(self) -> bool:
        """Whether most episodes ended because the conversation did not fit the model's context."""
        return 2 * int(self.made.get("outgrown", 0)) > self.episodes

    def require_complete(self) -> None:
        """Does nothing for a complete result.

        Raises:
            IncompleteError: naming the first of the episodes that have no result.
        """
        if self.complete:
            return
        first = f"; the first: {self.broken[0].error}" if self.broken else ""
        planned = self.tasks * self.trials
        raise IncompleteError(
            f"{planned - self.episodes} of {planned} episodes have no result{first}",
            where=self.model,
            remedy="Run the same command with --retry-errors: it tries these once more and keeps the others.",
        )

    def rows(self) -> list[tuple[str, str]]:
        """Name and value of each line of the table that the command line prints."""
        tasks = self.part.amount if self.part else f"{self.tasks} tasks"
        rows = [("model", self.model), ("suite", f"{self.suite}, {tasks} x {self.trials} trials")]
        rows += [("PART", str(self.part))] if self.part else []
        for own in telling(self.reliability):
            floors = "   ".join(f"{name}: {percent(each[own.k - 1].at_least)}" for name, each in self.baselines.items())
            rows.append((f"pass^{own.k}", f"{shown(own)}   {floors}"))
        rows += [*self._sound_rows(), *(("note", note) for note in self.notes)]
        failed = self.episodes - self.passed
        rows += [("failures", f"{failed} of {self.episodes} episodes")] if failed else []
        rows += [(f"  {name.replace('_', ' ')}", str(count)) for name, count in self.error_kinds.items() if count]
        rows.append(("reply", f"{self.reply_seconds['median']:.2f} s median, {self.reply_seconds['p95']:.2f} s p95"))
        rows.append(("episode", f"{self.task_seconds['median']:.2f} s median, {self.task_seconds['p95']:.2f} s p95"))
        tokens = f"{self.tokens['prompt']:.0f} read, {self.tokens['completion']:.0f} written"
        rows.append(("tokens per episode", tokens))
        if self.cost["total"]:
            rows.append(("cost", f"{self.cost['total']:.4f}, {self.cost['per_episode']:.6f} per episode"))
        rows += [("simulated user", str(self.users))] if self.users else []
        if not self.complete:
            missing = self.tasks * self.trials - self.episodes
            rows.append(("INCOMPLETE", f"{missing} episodes have no result; do not quote these numbers"))
        return rows

    def _sound_rows(self) -> list[tuple[str, str]]:
        if self.sound.reliability == self.reliability or not self.sound.reliability:
            return []
        left_out = len(self.sound.unsatisfiable)
        why = f"without {left_out} tasks that nothing solves" if left_out else "without credit for unreadable calls"
        return [("sound pass^1", f"{shown(self.sound.reliability[0])}   {why}")]

    @property
    def notes(self) -> list[str]:
        """What has to be known to read the numbers."""
        notes = []
        if self.mostly_outgrown:
            notes.append(self._outgrown())
        advice = "" if self.mostly_outgrown else "; train longer, or on more data"
        if worse := self.worse_than:
            does = {"do nothing": "does nothing", "refuse all": "refuses all"}.get(worse[0], worse[0])
            notes.append(f"worse than an agent that {does}: that one's score lies above this interval{advice}")
        elif self.no_better_than_nothing:
            notes.append(f"not told apart from an agent that does nothing{advice}")
        for name, error in self.made.get("baselines_lost", {}).items():
            notes.append(f"the baseline {name!r} could not be played: {error}")
        if seen := self.made.get("training_tasks"):
            notes.append(f"{seen} of the tasks are training tasks, which say nothing of tasks never seen")
        return [*notes, *self.made.get("notes", [])]

    def _outgrown(self) -> str:
        size = self.made.get("context")
        context = f"context of {size:,} tokens" if isinstance(size, int) else "context"
        why = "; tau's policies and tools do not fit nano's" if self.suite.startswith("tau ") else ""
        amount = f"{self.made['outgrown']:,} of {self.episodes:,} episodes"
        return f"{amount} did not fit the model's {context}: take a model with a longer one{why}"

    def as_dict(self) -> dict[str, Any]:
        """The summary as plain JSON, the way it stands in `summary.json`."""
        return {"schema": SCHEMA, "complete": self.complete, **asdict(self), "notes": self.notes}


def shown(estimate: Estimate) -> str:
    """An estimate with its interval, or the range that it can still lie in."""
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return f"between {percent(estimate.at_least)} and {percent(estimate.at_most)} (incomplete)"
    return f"{percent(estimate.value)} [{100 * estimate.low:.1f}, {100 * estimate.high:.1f}]"
