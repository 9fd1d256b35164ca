"""Why an episode failed: one main kind of `lamforge.error_kinds` for each failed trajectory, found by fixed rules."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from lamforge.domains import Call, Domain, Task
from lamforge.error_kinds import problem_kind
from lamforge.formats import get_format
from lamforge.messages import Trajectory, canonical_json
from lamforge.simulate.verify import replay
from lamforge.tools import call_problems


@dataclass(frozen=True)
class Write:
    """A call of a write tool: one that a task expects, or one that an agent made or tried."""

    name: str
    arguments: dict[str, Any]
    error: str | None = None  # what the tool refused it with

    @property
    def identity(self) -> str:
        """Equal for calls of one tool with equal arguments."""
        return canonical_json([self.name, self.arguments])


def error_kind(trajectory: Trajectory, task: Task, domain: Domain) -> str | None:
    """The main reason why a trajectory got no reward, a key of `ERROR_KINDS`; None if it got one."""
    verdict = trajectory.verdict
    if trajectory.reward:
        return None
    if not verdict.execution:
        return "not_replayable"
    if trajectory.ended != "stop":
        return "too_long"
    if has_unreadable_call(trajectory):
        return "unparsable"
    calls, _ = replay(trajectory.messages, domain.environment())
    if calls and (kind := _shape_kind(calls[-1], domain)):
        return kind
    if verdict.policy is False:  # None where no rule is tested, as in tau-bench
        return "policy_broken"
    succeeded = any(call.ok for call in calls)
    if not verdict.state:
        return _difference(expected_writes(task, domain), tried_writes(trajectory, domain), succeeded)
    return "output_missing" if succeeded else "gave_up"


def format_kind(trajectory: Trajectory, domain: Domain) -> str | None:
    """The kind of what is misshapen in a conversation, whatever came of it; None if nothing is."""
    if has_unreadable_call(trajectory):
        return "unparsable"
    calls, _ = replay(trajectory.messages, domain.environment())
    return next((kind for call in calls if (kind := _shape_kind(call, domain))), None)


def _shape_kind(call: Call, domain: Domain) -> str | None:
    """The kind of a call that no tool could take; None for one that a tool took, or refused for its own reasons.

    Asked of an agent's last call: one that was followed by a better one did no harm.
    """
    problems = [] if call.ok else call_problems(domain.parameters, call.name, call.arguments)
    return problem_kind(problems[0]) if problems else None


def expected_writes(task: Task, domain: Domain) -> list[Write]:
    """The state-changing calls of the task's ground truth."""
    return [Write(a.name, a.arguments) for a in task.actions if (tool := domain.tool(a.name)) and tool.kind == "write"]


def tried_writes(trajectory: Trajectory, domain: Domain) -> list[Write]:
    """The agent's calls of write tools, and those of tools that do not exist, refused ones included."""
    calls, _ = replay(trajectory.messages, domain.environment())
    return [
        Write(call.name, call.arguments, call.error)
        for call in calls
        if call.kind == "write" or domain.tool(call.name) is None
    ]


def _difference(expected: list[Write], tried: list[Write], succeeded: bool) -> str:
    """How the writes differ, knowing that they lead to different states."""
    made = [write for write in tried if write.error is None]
    missing = _without(expected, made)
    surplus = _without(made, expected)
    refused = [write for write in tried if write.error is not None]
    if not expected:
        return "needless_call"
    if not missing:
        return "extra_call" if surplus else "wrong_call"  # the same calls, in an order that matters
    if {write.name for write in missing} & {write.name for write in surplus + refused}:
        return "wrong_argument"
    if surplus or refused:
        return "wrong_call"
    return "missing_call" if succeeded else "gave_up"


def _without(writes: list[Write], others: list[Write]) -> list[Write]:
    """The writes that have no equal among the others, each counted as often as it occurs."""
    left = Counter(write.identity for write in others)
    rest = []
    for write in writes:
        if left[write.identity]:
            left[write.identity] -= 1
        else:
            rest.append(write)
    return rest


def has_unreadable_call(trajectory: Trajectory) -> bool:
    """Whether the agent wrote something that was meant as a call and cannot be read as one."""
    reader = get_format("xlam-qwen")  # the calls' notation is the same in every variant
    texts = (m.content for m in trajectory.messages if m.role == "assistant" and m.content and not m.tool_calls)
    return any(reader.parse(text).problem for text in texts)
