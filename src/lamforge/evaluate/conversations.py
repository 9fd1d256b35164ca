"""Episodes as a report shows them: texts only, so that no browser ever has to understand a model's JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from lamforge.evaluate.episodes import Episode, Suite
from lamforge.evaluate.taxonomy import Write, error_kind, expected_writes, tried_writes
from lamforge.pages import call_text, message_text

SHOWN = 2000  # conversations in one report; a browser still searches them without delay


def conversations(suite: Suite, episodes: Sequence[Episode]) -> list[dict[str, Any]]:
    """What people can browse: in the suite's order, or with the failures first if there are too many episodes."""
    if len(episodes) > SHOWN:
        episodes = sorted(episodes, key=lambda episode: bool(episode.trajectory.reward))[:SHOWN]
    return [_conversation(suite, episode) for episode in episodes]


def _conversation(suite: Suite, episode: Episode) -> dict[str, Any]:
    task, trajectory = suite.task(episode.task_id), episode.trajectory
    expected, tried = expected_writes(task, suite.domain), tried_writes(trajectory, suite.domain)
    messages = [m for m in trajectory.messages if not (m.role == "system" and m.content == suite.domain.policy)]
    return {
        "task": task.task_id,
        "trial": episode.trial + 1,
        "passed": bool(trajectory.reward),
        "kind": error_kind(trajectory, task, suite.domain) or "",
        "shape": str(task.provenance.get("shape", "")),
        "ended": trajectory.ended,
        "seconds": f"{episode.seconds:.1f}",
        "tokens": f"{trajectory.usage.prompt_tokens} + {trajectory.usage.completion_tokens}",
        "instruction": task.instruction,
        "outputs": task.outputs,
        "failures": trajectory.verdict.failures,
        "expected": _marked(expected, [write for write in tried if write.error is None], "missing"),
        "tried": _marked(tried, expected, "not expected"),
        "messages": [message_text(message) for message in messages],
        "changes": "\n".join(json.dumps(change, ensure_ascii=False) for change in trajectory.state_diff),
    }


def _marked(writes: list[Write], others: list[Write], if_alone: str) -> list[dict[str, str]]:
    """The calls as texts; `mark` says which were refused, and which have no equal among the others."""
    left = Counter(write.identity for write in others)
    marked = []
    for write in writes:
        mark = ""
        if write.error is not None:
            mark = f"refused: {write.error}"
        elif left[write.identity]:
            left[write.identity] -= 1
        else:
            mark = if_alone
        marked.append({"text": call_text(write.name, write.arguments), "mark": mark})
    return marked
