"""Conversations in which refusing is right, for the tool that was needed is gone; made only where no other would do."""

from __future__ import annotations

import random
from typing import Any

from lamforge.data.augmenting.arranging import likeness, name_words, tool_words
from lamforge.data.augmenting.rewording import first_task
from lamforge.data.augmenting.tables import table
from lamforge.generate.single.toolbox import words
from lamforge.messages import Message, Trajectory, Verdict
from lamforge.tools import bare

_ALIKE = 0.5  # share of the words of two tools, from which one might do the other's work


def refusing(trajectory: Trajectory, rng: random.Random) -> Trajectory | None:
    """The conversation up to the first call of a tool, without the tool, and a refusal in place of the call.

    The tool must be the only one that the user's turn called for, the user must speak of what it does, nothing that is
    left may be like it or closer to the user's words, and it must be the first thing that the user says.
    """
    place = next((n for n, message in enumerate(trajectory.messages) if message.tool_calls), None)
    if (
        place is None
        or place == 0
        or trajectory.messages[place - 1].role != "user"
        or trajectory.messages[place].weight == 0
    ):
        return None
    before, asked = trajectory.messages[:place], words(trajectory.messages[place - 1].content or "")
    name = _only_tool(trajectory.messages[place:])
    gone = next((tool for tool in trajectory.tools if bare(tool).get("name") == name), None)
    if gone is None or [message.role for message in before if message.role != "system"] != ["user"]:
        return None
    left = [tool for tool in trajectory.tools if tool is not gone]
    spoken = len(name_words(gone) & asked)
    if not left or not spoken or any(_rivals(gone, tool, asked, spoken) for tool in left):
        return None
    if any(str(name) in (message.content or "") for message in before):
        return None
    task = first_task(str(bare(gone).get("description") or ""))
    phrases: list[str] = table("replies")["refusals" if task else "refusals_plain"]
    reply = Message(role="assistant", content=rng.choice(phrases).replace("{task}", task or ""))
    return ended(trajectory, [*before, reply]).model_copy(update={"tools": left})


def _rivals(gone: dict[str, Any], other: dict[str, Any], asked: set[str], spoken: int) -> bool:
    """Whether another tool might do what the user asks for."""
    return likeness(tool_words(gone), tool_words(other)) >= _ALIKE or len(name_words(other) & asked) >= spoken


def ended(trajectory: Trajectory, messages: list[Message]) -> Trajectory:
    """The trajectory with other messages, whose calls changed nothing; of its verdict the format alone is known."""
    changes = {"messages": messages, "verdict": Verdict(format=True), "state_diff": [], "rating": None, "ended": "stop"}
    return trajectory.model_copy(update=changes)


def _only_tool(messages: list[Message]) -> str | None:
    """The one tool that is called until the user speaks again."""
    names: set[str] = set()
    for message in messages:
        if message.role == "user":
            break
        names |= {call.function.name for call in message.tool_calls or ()}
    return names.pop() if len(names) == 1 else None
