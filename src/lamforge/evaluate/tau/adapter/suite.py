"""Tasks that tau2-bench's own code judges. What it said once is kept: nothing is asked again after a conversation."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from typing import Any

from lamforge.domains import Call, Domain, Task
from lamforge.evaluate.tau.adapter.domain import OfficialDomain
from lamforge.evaluate.tau.environment import TauEnvironment
from lamforge.evaluate.tau.suite import TauSuite
from lamforge.messages import Message, Trajectory


class OfficialSuite(TauSuite):
    """Like tau's tasks under our rules, but the verdict of the day on which they were played stands."""

    domain: OfficialDomain

    def judged(self, trajectory: Trajectory, task: Task) -> Trajectory:
        """The conversation as the official code has judged it."""
        return trajectory

    def seen(self, trajectory: Trajectory) -> Domain:
        """The domain as the conversation saw it: the same calls are answered as they were."""
        domain = copy(self.domain)
        domain.environment = lambda: _Recorded(self.domain, trajectory.messages)  # type: ignore[assignment,return-value,method-assign]
        return domain

    def _writes(self, task: Task) -> bool:
        tools = (self.domain.tool(action.name) for action in task.actions)
        return any(tool is not None and tool.kind == "write" for tool in tools)


class _Recorded(TauEnvironment):
    """Answers calls with what stands in a conversation, in its order."""

    def __init__(self, domain: OfficialDomain, messages: list[Message]) -> None:
        super().__init__(domain)
        self._results: Iterator[str] = iter([each.content or "" for each in messages if each.role == "tool"])

    def execute(self, name: str, arguments: dict[str, Any], position: int = 0) -> Call:
        """The call as it was answered."""
        return self.as_call(name, arguments, next(self._results, ""), position)
