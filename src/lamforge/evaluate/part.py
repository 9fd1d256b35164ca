"""A part of a suite: which of its tasks were played, so that no number of a part is taken for the whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lamforge.domains import Task
from lamforge.errors import UsageError, bounded

_NAMED = 5  # ids that an error shows


@dataclass(frozen=True)
class Part:
    """Some of a suite's tasks."""

    tasks: int
    of: int
    how: str  # they were chosen, such as "the first 3"

    @property
    def amount(self) -> str:
        """How many of how many."""
        return f"{self.tasks:,} of {self.of:,} tasks"

    def __str__(self) -> str:
        return f"only {self.amount} ({self.how}): this is not the score of the whole"


def chosen_tasks(
    tasks: Sequence[Task], ids: Sequence[str] | None = None, limit: int | None = None
) -> tuple[list[Task], Part | None]:
    """The tasks of these ids, and of them the first so many; with what part of all they are, if they are not all.

    Raises:
        UsageError: naming an id that no task has.
    """
    chosen, how = list(tasks), []
    if ids:
        known = {task.task_id for task in tasks}
        if strange := [name for name in ids if name not in known]:
            some = ", ".join([*(task.task_id for task in tasks[:_NAMED]), *(["…"] if len(tasks) > _NAMED else [])])
            raise UsageError(f"there is no task {bounded(strange[0])}", remedy=f"The tasks are {some}.")
        chosen = [task for task in chosen if task.task_id in ids]
        how.append("named by --task")
    if limit is not None and limit < len(chosen):
        chosen = chosen[:limit]
        how.append(f"the first {limit}")
    part = Part(len(chosen), len(tasks), ", ".join(how))
    return chosen, part if part.tasks < part.of else None
