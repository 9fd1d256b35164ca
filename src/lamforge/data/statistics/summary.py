"""What a data set holds, in numbers: one pass, counters only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from lamforge.messages import Trajectory
from lamforge.tools import bare

_STEP = 100  # characters; lengths are counted in hundreds


@dataclass
class ToolCount:
    """How often a tool was offered, and called."""

    offered: int = 0  # conversations
    calls: int = 0
    conversations: int = 0  # that call it


@dataclass
class Statistics:
    """The numbers of a data set. Lengths are whole conversations', without tools if they are characters."""

    sources: list[str]
    unit: str = "characters"
    trajectories: int = 0
    rewards: Counter[str] = field(default_factory=Counter)
    domains: Counter[str] = field(default_factory=Counter)
    origins: Counter[str] = field(default_factory=Counter)  # where they were imported from
    licences: Counter[str] = field(default_factory=Counter)
    agents: Counter[str] = field(default_factory=Counter)
    ended: Counter[str] = field(default_factory=Counter)
    roles: Counter[str] = field(default_factory=Counter)  # messages of each
    turns: Counter[int] = field(default_factory=Counter)  # of the user -> conversations
    calls: Counter[int] = field(default_factory=Counter)
    parallel: Counter[int] = field(default_factory=Counter)  # calls of one message -> messages with calls
    offered: Counter[int] = field(default_factory=Counter)  # tools offered -> conversations
    lengths: Counter[int] = field(default_factory=Counter)  # tokens, or hundreds of characters
    scores: Counter[int] = field(default_factory=Counter)  # of ratings, rounded
    tools: dict[str, ToolCount] = field(default_factory=dict)
    tasks: int = 0

    def as_dict(self) -> dict[str, Any]:
        """The numbers as plain JSON."""
        plain = {name: dict(value) if isinstance(value, Counter) else value for name, value in vars(self).items()}
        tools = {name: vars(count) for name, count in self.tools.items()}
        lengths = {"unit": self.unit, **quantiles(self.lengths, 1 if self.unit == "tokens" else _STEP)}
        spread = {name: quantiles(getattr(self, name)) for name in ("turns", "calls", "offered")}
        return {**plain, "tools": tools, "lengths": lengths, "quantiles": spread}


def summarise(
    trajectories: Iterable[Trajectory], sources: list[str], tokens: Callable[[Trajectory], int] | None = None
) -> Statistics:
    """Counts what trajectories hold.

    Args:
        tokens: Counts the tokens of one; else characters are counted.
    """
    found = Statistics(sources, "tokens" if tokens else "characters")
    tasks: set[int] = set()
    for each in trajectories:
        tasks.add(hash((each.domain, each.task_id)))
        _add(found, each)
        found.lengths[tokens(each) if tokens else _characters(each) // _STEP] += 1
    found.tasks = len(tasks)
    order = sorted(found.tools.items(), key=lambda item: (-item[1].calls, item[0]))
    found.tools = dict(order)
    return found


def _add(found: Statistics, each: Trajectory) -> None:
    found.trajectories += 1
    found.rewards["not judged" if each.reward is None else str(each.reward)] += 1
    found.domains[each.domain] += 1
    found.origins[str(each.provenance.get("source", "generated"))] += 1
    found.licences[str(each.provenance.get("licence", "not stated"))] += 1
    found.agents[each.agent] += 1
    found.ended[each.ended] += 1
    found.roles.update(message.role for message in each.messages)
    found.turns[sum(message.role == "user" for message in each.messages)] += 1
    found.offered[len(each.tools)] += 1
    if each.rating is not None:
        found.scores[round(each.rating.score)] += 1
    called: Counter[str] = Counter()
    for message in each.messages:
        if message.tool_calls:
            found.parallel[len(message.tool_calls)] += 1
            called.update(call.function.name for call in message.tool_calls)
    found.calls[called.total()] += 1
    for tool in each.tools:
        found.tools.setdefault(str(bare(tool).get("name")), ToolCount()).offered += 1
    for name, count in called.items():
        tally = found.tools.setdefault(name, ToolCount())
        tally.calls += count
        tally.conversations += 1


def _characters(each: Trajectory) -> int:
    total = 0
    for message in each.messages:
        total += len(message.content or "")
        total += sum(len(str(call.function.arguments)) + len(call.function.name) for call in message.tool_calls or ())
    return total


def quantiles(counts: Counter[int], step: int = 1) -> dict[str, float]:
    """The mean and the smallest values that 50, 90 and 99 % and all do not exceed."""
    total = counts.total()
    if not total:
        return {}
    found: dict[str, float] = {"mean": round(step * sum(n * count for n, count in counts.items()) / total, 2)}
    wanted = {"median": 0.5, "p90": 0.9, "p99": 0.99, "max": 1.0}
    below = 0
    for value in sorted(counts):
        below += counts[value]
        for name, share in wanted.items():
            if name not in found and below >= share * total:
                found[name] = value * step
    return found
