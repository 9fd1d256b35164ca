"""What a suite is to the runner: tasks that can be played, and a verdict on each answer. It knows no benchmark."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Item:
    """One task as the runner sees it.

    Args:
        digest: A hash of all that the task consists of; a row of another version of the task is not taken for it.
        category: What results are grouped by.
        prefix: Tasks whose prompts begin alike have it in common; they are played next to each other.
        size: About how long the task takes; the longest are begun first.
    """

    task_id: str
    digest: str = ""
    category: str = ""
    prefix: str = ""
    size: int = 0


@dataclass(frozen=True)
class Played:
    """What playing a task once gave: a record that can be scored without the model, and what it took."""

    record: dict[str, Any]  # plain JSON
    reply_seconds: list[float] = field(default_factory=list)  # of each of the model's answers
    prompt_tokens: int = 0
    completion_tokens: int = 0


@dataclass(frozen=True)
class Score:
    """The verdict on one answer.

    `passed` is the official one. `sound` is whether the answer deserves to count: None for a task that no answer can
    solve, False for a failure that the official rules give credit for.
    """

    passed: bool
    sound: bool | None
    kind: str = ""  # the main error, a key of `lamforge.error_kinds.ERROR_KINDS`; empty if it passed
    error_type: str = ""  # the benchmark's own name of the error
    message: str = ""


Play = Callable[[str, int], Awaitable[Played]]  # plays a task, by its id, for the trial of that number


def in_good_order(items: list[Item]) -> list[Item]:
    """The items in an order that engines are fast with.

    What begins alike comes together, so that the engine has it in its cache. Groups with the longest tasks come first,
    so that none of them is waited for alone at the end.
    """
    longest: dict[str, int] = {}
    for item in items:
        longest[item.prefix] = max(item.size, longest.get(item.prefix, 0))
    return sorted(items, key=lambda item: (-longest[item.prefix], item.prefix, -item.size))
