"""What a run's files hold, as far as a report looks at it: checked where it is read, plain records from there on."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from lamforge.domains import Action, Task
from lamforge.messages import Trajectory


class _Loose(BaseModel):
    model_config = ConfigDict(extra="ignore")


class Item(_Loose):
    """What `generate single` keeps."""

    id: str
    query: str
    style: str
    provenance: dict[str, Any] = {}


class Proposed(_Loose):
    """A blueprint as a model wrote it."""

    instruction: str
    actions: list[Action] = []
    outputs: list[str] = []


class Rejected(_Loose):
    """What was not accepted, and why.

    Args:
        kind: Of a conversation: what went wrong in it, of `lamforge.error_kinds`.
        round: Of revision, from 0.
        entry: What a generator of items wrote; `entries` says for how many it stands.
    """

    stage: str
    reason: str
    kind: str = ""
    detail: str = ""
    round: int = 0
    proposal: Proposed | None = None
    task: Task | None = None
    trajectory: Trajectory | None = None
    faults: list[dict[str, Any]] = []
    style: str = ""
    entry: Any = None
    entries: int = 1


Record = Task | Item | Trajectory | Rejected


def choices_of(record: Record) -> dict[str, int]:
    """How often the critic was asked for the messages of a conversation, and how often it could not be read."""
    talk = record.trajectory if isinstance(record, Rejected) else record
    told = talk.provenance.get("critic") if isinstance(talk, Trajectory) else None
    known = told if isinstance(told, dict) else {}
    return {name: count for name in ("asked", "unreadable") if isinstance(count := known.get(name), int)}


def kind_of(record: Task | Item) -> tuple[str, str]:
    """How a task or an item is to be told from others: (shape or style, persona or manner)."""
    made = record.provenance
    if isinstance(record, Item):
        return record.style, str(made.get("manner", ""))
    return str(made.get("shape") or ("recombined" if "made_of" in made else "proposed")), record.persona
