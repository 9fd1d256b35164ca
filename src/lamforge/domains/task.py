"""A task: what a user wants and what a correct agent leaves behind."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lamforge.errors import DataError, bounded
from lamforge.messages import SCHEMA_VERSION


class Action(BaseModel):
    """One call of the ground truth."""

    model_config = ConfigDict(extra="forbid")

    name: str
    arguments: dict[str, Any] = Field(default_factory=dict)


class Task(BaseModel):
    """A blueprint (APIGen-MT, arXiv 2504.03601, section 3): instruction q, actions a_gt, outputs o_gt.

    `script` holds the scripted user's private notes; a task written by hand needs none.
    """

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    schema_version: int = Field(default=SCHEMA_VERSION, alias="schema")
    task_id: str
    domain: str
    instruction: str
    actions: list[Action] = Field(default_factory=list)
    outputs: list[str] = Field(default_factory=list)
    persona: str = "plain"
    split: Literal["train", "test"] = "test"
    provenance: dict[str, Any] = Field(default_factory=dict)
    script: dict[str, Any] | None = None

    def as_dict(self) -> dict[str, Any]:
        """The task as plain JSON, the way it stands in `tasks*.jsonl`."""
        return self.model_dump(by_alias=True)


def load_tasks(path: Path) -> list[Task]:
    """The tasks of a JSONL file, one to a line.

    Raises:
        DataError: naming the file and the line that is wrong.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")  # not splitlines: U+2028 may stand in a JSON string
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            f"cannot be read: {error}", where=path, remedy="`lamforge generate multi` writes such files."
        ) from error
    tasks = []
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                tasks.append(Task.model_validate_json(line))
            except ValidationError as error:
                if '"trajectory_id"' in line:
                    remedy = "Tasks are in the files beside them: tasks-train.jsonl, tasks-test.jsonl."
                    raise DataError("these are conversations, no tasks", where=path, remedy=remedy) from error
                first = error.errors()[0]
                field = ".".join(str(part) for part in first["loc"])
                raise DataError(f"{field}: {first['msg']}", where=f"{path}:{number}") from error
    return tasks


def find_task(path: Path, which: str) -> Task:
    """One task of a JSONL file, by its number from 0 or by its id.

    Raises:
        DataError: if there is no such task.
    """
    tasks = load_tasks(path)
    for number, task in enumerate(tasks):
        if which in (str(number), task.task_id):
            return task
    raise DataError(
        f"has no task {bounded(which)}", where=path, remedy=f"Give an id or a number from 0 to {len(tasks) - 1}."
    )
