"""The scripted user's private notes: what it wants, what it knows, and when it says what."""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from lamforge.domains import Domain, Task
from lamforge.errors import DataError, bounded


class Goal(BaseModel):
    """One thing that the user wants: a call of a write tool, an answer (`question`), or what no tool does (`wish`)."""

    model_config = ConfigDict(extra="forbid")

    tool: str = ""
    arguments: dict[str, Any] = Field(default_factory=dict)  # what the user knows and decides, as it should end up
    question: str | None = None  # for an information goal: the field of the tool's result that is asked for
    withheld: list[str] = Field(default_factory=list)  # arguments told only when the agent asks
    mistaken: dict[str, Any] = Field(default_factory=dict)  # wrong values told first, corrected when not found
    first_wish: dict[str, Any] = Field(default_factory=dict)  # values told first, changed when asked to confirm
    insists: bool = False  # the first wish is changed only when the agent says that it cannot be
    hints: dict[str, str] = Field(default_factory=dict)  # argument that the user does not know -> what it says instead
    withdrawn: bool = False  # taken back when asked to confirm
    wish: str | None = None  # something that no tool does, as a verb phrase

    @model_validator(mode="after")
    def _only_own_arguments(self) -> Goal:
        for name in ("withheld", "mistaken", "first_wish"):
            _check_names(name, getattr(self, name), "arguments", self.arguments)
        if bool(self.tool) == (self.wish is not None):
            raise ValueError("a goal has either a tool or a wish that no tool serves")
        return self

    def values(self, wish_changed: bool) -> dict[str, Any]:
        """Its values as the user tells them before and after it has changed its first wish."""
        return {**self.arguments, **({} if wish_changed else self.first_wish), **self.mistaken}


class Script(BaseModel):
    """A scripted user's notes."""

    model_config = ConfigDict(extra="forbid")

    facts: dict[str, Any] = Field(default_factory=dict)  # what the user can identify itself with
    mistaken: dict[str, Any] = Field(default_factory=dict)  # facts told wrongly at first
    together: int = 0  # so many goals, the first ones, are told at once
    small_talk: list[Literal["before", "after"]] = Field(default_factory=list)
    goals: list[Goal]  # a growing draft has none yet; a task has at least one

    @model_validator(mode="after")
    def _only_own_facts(self) -> Script:
        _check_names("mistaken", self.mistaken, "facts", self.facts)
        return self


def _check_names(what: str, names: Iterable[str], where: str, known: Container[str]) -> None:
    if unknown := [name for name in names if name not in known]:
        raise ValueError(f"{what} names {', '.join(unknown)}, which {where} does not have")


def script_of(task: Task, domain: Domain) -> Script:
    """The task's own script, or one derived from its actions when a person wrote the task.

    Raises:
        DataError: if the task's script is wrong, or it has no script and no actions to derive one from.
    """
    if task.script is not None:
        try:
            script = Script.model_validate(task.script)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, ("script", *first["loc"])))
            raise DataError(f"{place}: {first['msg']}", where=f"task {bounded(task.task_id)}") from error
        if not script.goals:
            raise DataError("script.goals: is empty", where=f"task {bounded(task.task_id)}")
        return script
    if not task.actions:
        raise DataError(
            "has neither a script nor actions, so the scripted user does not know what to say",
            where=f"task {bounded(task.task_id)}",
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
            if isinstance(value, str | int) and str(value) in owners:
                return {k: v for k, v in owners[str(value)].items() if isinstance(v, str | int | float)}
    return {}
