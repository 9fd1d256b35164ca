"""Episodes as a report shows them: texts only, so that no browser ever has to understand a model's JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from lamforge.domains import Call, Domain, Task
from lamforge.evaluate.differences import Made, compared
from lamforge.messages import Message, Trajectory
from lamforge.pages import message_text
from lamforge.simulate.failures import expected_writes

Detail = dict[str, Any]
_WHOLE = "trajectories.jsonl"  # where nothing is cut


def episode_detail(trajectory: Trajectory, task: Task, domain: Domain) -> Detail:
    """What people read of an episode: turn by turn, with what each call changed."""
    environment = domain.environment()
    made: list[Call] = []
    changes: dict[str, list[str]] = {}  # the call's id -> what it changed
    before: list[dict[str, Any]] = []
    for position, message in enumerate(trajectory.messages):
        for call in message.tool_calls or ():
            made.append(environment.execute(call.function.name, call.function.arguments, position))
            if made[-1].kind == "write":
                after = environment.diff()
                changes[call.id] = [_change(each) for each in after if each not in before]
                before = after
    tried = [call for call in made if call.kind == "write" or domain.tool(call.name) is None]
    usage = trajectory.usage
    return {
        "instruction": task.instruction,
        "facts": [
            f"ended: {trajectory.ended}".replace("_", " "),
            f"{usage.prompt_tokens:,} tokens read, {usage.completion_tokens:,} written",
        ],
        "told": task.outputs,
        "failures": trajectory.verdict.failures,
        "comparisons": _comparisons(task, domain, tried) if not trajectory.reward else [],
        "messages": shown_messages(trajectory.messages, domain.policy, changes),
        "changes": [_change(change) for change in trajectory.state_diff],
        "shared": True,
    }


def shown_messages(
    messages: Sequence[Message], policy: str, changes: dict[str, list[str]] | None = None
) -> list[dict[str, Any]]:
    """Messages as texts, without the policy that all conversations begin with; results with what they changed."""
    shown = []
    for message in messages:
        if message.role == "system" and message.content == policy:
            continue
        text = message_text(message, _WHOLE)
        if message.role == "tool" and changes and changes.get(message.tool_call_id or ""):
            text["changes"] = changes[message.tool_call_id or ""]
        shown.append(text)
    return shown


def _comparisons(task: Task, domain: Domain, tried: Sequence[Call]) -> list[dict[str, Any]]:
    expected = [Made(write.name, write.arguments) for write in expected_writes(task, domain)]
    return [{"title": "writes", **compared(expected, [Made(c.name, c.arguments, c.error) for c in tried])}]


def _change(change: dict[str, Any]) -> str:
    return json.dumps(change, ensure_ascii=False)
