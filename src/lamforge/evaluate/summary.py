"""The numbers of an evaluation: what `summary.json` holds and what the command line prints. It plays nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from lamforge.errors import IncompleteError
from lamforge.evaluate.episodes import BrokenEpisode, Episode, Suite
from lamforge.evaluate.reliability import Estimate, estimates
from lamforge.evaluate.taxonomy import ERROR_KINDS, error_kind
from lamforge.pages import percent

SCHEMA = 1


@dataclass(frozen=True)
class Share:
    """The tasks of one shape, with the fraction of their episodes that got reward 1 (of those that have a result)."""

    name: str
    tasks: int
    passed: int
    episodes: int


@dataclass(frozen=True)
class Summary:
    """What an evaluation found, and how it was made."""

    model: str
    domain: str
    tasks: int
    trials: int
    passed: int  # episodes with reward 1
    episodes: int  # episodes with a result; tasks x trials if complete
    reliability: list[Estimate]
    baseline: list[Estimate]  # of the agent that does nothing, on the same tasks and trials
    error_kinds: dict[str, int]  # every kind of the taxonomy, in its order
    shapes: list[Share]
    reply_seconds: dict[str, float]  # of one agent message: median, p95
    tokens: dict[str, float]  # mean per episode: prompt, completion, messages (the agent's)
    broken: list[BrokenEpisode]
    made: dict[str, Any]  # model, data, format, sampling, seeds: all that is needed to get these numbers again

    @property
    def complete(self) -> bool:
        """Whether every planned episode has a result."""
        return self.episodes == self.tasks * self.trials

    @property
    def no_better_than_nothing(self) -> bool:
        """Whether doing nothing scores within the interval of pass^1, or above."""
        low = self.reliability[0].low
        return low is not None and self.baseline[0].at_least >= low

    def require_complete(self) -> None:
        """Does nothing for a complete result.

        Raises:
            IncompleteError: naming the first of the episodes that have no result.
        """
        if self.complete:
            return
        first = f"; the first: {self.broken[0].error}" if self.broken else ""
        missing = self.tasks * self.trials - self.episodes
        raise IncompleteError(
            f"{missing} of {self.tasks * self.trials} episodes have no result{first}",
            where=self.model,
            remedy="Run the same command again: it tries these once more and keeps the others.",
        )

    def rows(self) -> list[tuple[str, str]]:
        """Name and value of each line of the table that the command line prints."""
        rows = [("model", self.model), ("domain", f"{self.domain}, {self.tasks} tasks x {self.trials} trials")]
        rows += [
            (f"pass^{own.k}", f"{shown(own)}   do nothing: {percent(floor.at_least)}")
            for own, floor in zip(self.reliability, self.baseline, strict=True)
        ]
        if self.no_better_than_nothing:
            rows.append(("note", "not told apart from an agent that does nothing: train longer, or on more data"))
        if seen := self.made.get("training_tasks"):
            rows.append(("note", f"{seen} of the tasks are training tasks, which say nothing of tasks never seen"))
        failed = self.episodes - self.passed
        rows += [("failures", f"{failed} of {self.episodes} episodes")] if failed else []
        rows += [(f"  {name.replace('_', ' ')}", str(count)) for name, count in self.error_kinds.items() if count]
        rows.append(("reply", f"{self.reply_seconds['median']:.2f} s median, {self.reply_seconds['p95']:.2f} s p95"))
        tokens = f"{self.tokens['prompt']:.0f} read, {self.tokens['completion']:.0f} written"
        rows.append(("tokens per episode", tokens))
        if not self.complete:
            rows.append(("INCOMPLETE", f"{len(self.broken)} episodes have no result; do not quote these numbers"))
        return rows

    def as_dict(self) -> dict[str, Any]:
        """The summary as plain JSON, the way it stands in `summary.json`."""
        return {"schema": SCHEMA, "complete": self.complete, **asdict(self)}


def shown(estimate: Estimate) -> str:
    """An estimate with its interval, or the range that it can still lie in."""
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return f"between {percent(estimate.at_least)} and {percent(estimate.at_most)} (incomplete)"
    return f"{percent(estimate.value)} [{100 * estimate.low:.1f}, {100 * estimate.high:.1f}]"


def summarise(
    suite: Suite,
    episodes: Sequence[Episode],
    broken: Sequence[BrokenEpisode],
    baseline: Sequence[Episode],
    *,
    model: str,
    made: dict[str, Any],
) -> Summary:
    """The numbers of a suite's episodes, those that the engine broke and the do-nothing agent's."""
    kinds = Counter(
        error_kind(episode.trajectory, suite.task(episode.task_id), suite.domain)
        for episode in episodes
        if not episode.trajectory.reward
    )
    seconds = sorted(second for episode in episodes for second in episode.reply_seconds)
    usages = [episode.trajectory.usage for episode in episodes]
    per_episode = max(1, len(usages))
    return Summary(
        model=model,
        domain=suite.domain.name,
        tasks=len(suite.tasks),
        trials=suite.trials,
        passed=sum(episode.trajectory.reward == 1 for episode in episodes),
        episodes=len(episodes),
        reliability=_reliability(suite, episodes),
        baseline=_reliability(suite, baseline),
        error_kinds={name: kinds[name] for name in ERROR_KINDS},
        shapes=_shapes(suite, episodes),
        reply_seconds={"median": _quantile(seconds, 0.5), "p95": _quantile(seconds, 0.95)},
        tokens={
            "prompt": sum(usage.prompt_tokens for usage in usages) / per_episode,
            "completion": sum(usage.completion_tokens for usage in usages) / per_episode,
            "messages": sum(usage.model_calls for usage in usages) / per_episode,
        },
        broken=list(broken),
        made=made,
    )


def _reliability(suite: Suite, episodes: Sequence[Episode]) -> list[Estimate]:
    played = Counter(episode.task_id for episode in episodes)
    passed = Counter(episode.task_id for episode in episodes if episode.trajectory.reward)
    ids = [task.task_id for task in suite.tasks]
    missing = [suite.trials - played[task_id] for task_id in ids]
    return estimates([passed[task_id] for task_id in ids], missing, suite.trials, suite.seed)


def _shapes(suite: Suite, episodes: Sequence[Episode]) -> list[Share]:
    """The tasks by what their provenance calls their shape; those written by hand have none."""

    def shape(task_id: str) -> str:
        return str(suite.task(task_id).provenance.get("shape", "written by hand"))

    tasks = Counter(shape(task.task_id) for task in suite.tasks)
    played = Counter(shape(episode.task_id) for episode in episodes)
    passed = Counter(shape(episode.task_id) for episode in episodes if episode.trajectory.reward)
    return [Share(name, tasks[name], passed[name], played[name]) for name in sorted(tasks)]


def _quantile(ordered: Sequence[float], fraction: float) -> float:
    """The nearest-rank quantile; 0 of nothing."""
    return ordered[min(len(ordered) - 1, int(fraction * len(ordered)))] if ordered else 0.0
