"""The scripted user's private notes: what it wants, what it knows, and when it says what."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from lamforge.domains import Domain, Task
from lamforge.errors import DataError


class Goal(BaseModel):
    """One thing that the user wants: a call of a write tool, or an answer (`question` set)."""

    model_config = ConfigDict(extra="forbid")

    tool: str
    arguments: dict[str, Any] = Field(default_factory=dict)  # what the user knows and decides, as it should end up
    question: str | None = None  # for an information goal: the field of the tool's result that is asked for
    withheld: list[str] = Field(default_factory=list)  # arguments told only when the agent asks
    mistaken: dict[str, Any] = Field(default_factory=dict)  # wrong values told first, corrected when not found
    first_wish: dict[str, Any] = Field(default_factory=dict)  # values told first, changed when asked to confirm


class Script(BaseModel):
    """A scripted user's notes."""

    model_config = ConfigDict(extra="forbid")

    facts: dict[str, Any] = Field(default_factory=dict)  # what the user can identify itself with
    mistaken: dict[str, Any] = Field(default_factory=dict)  # facts told wrongly at first
    goals: list[Goal]


def script_of(task: Task, domain: Domain) -> Script:
    """The task's own script, or one derived from its actions when a person wrote the task.

    Raises:
        DataError: if the task has no script and no actions to derive one from.
    """
    if task.script is not None:
        return Script.model_validate(task.script)
    if not task.actions:
        raise DataError(
            "has neither a script nor actions, so the scripted user does not know what to say",
            where=f"task {task.task_id}",
            remedy='Add "script": {"facts": {...}, "goals": [{"tool": ..., "arguments": {...}}]}.',
        )
    goals = [Goal(tool=action.name, arguments=action.arguments) for action in task.actions]
    return Script(facts=_owner_facts(task, domain), goals=goals)


def _owner_facts(task: Task, domain: Domain) -> dict[str, Any]:
    """The scalar fields of the owner record that the task's arguments lead to, directly or over another record."""
    if domain.owner is None:
        return {}
    owners = domain.base.tables[domain.owner]
    values = [str(value) for action in task.actions for value in action.arguments.values()]
    for record in [t.get(v) for t in domain.base.tables.values() for v in values]:
        for value in (record or {}).values():
            if isinstance(value, str) and value in owners:
                return {k: v for k, v in owners[value].items() if isinstance(v, str | int | float)}
    return {}
