"""The users of a run: how each kind is made, and what is declared of it, so that runs with others are told apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lamforge.domains import Task
from lamforge.engines.budget import Price
from lamforge.engines.client import Client
from lamforge.errors import DataError
from lamforge.evaluate.tau.data import TauData
from lamforge.evaluate.tau.recorded import read_recorded
from lamforge.evaluate.tau.rules import Rules
from lamforge.evaluate.tau.users import MAX_TOKENS, HumanUser, MakeUser, ModelUser, PlainUser, ReplayUser
from lamforge.messages import content_id
from lamforge.simulate import User

_BRIEFING = "You are the customer. Write ###STOP### when you are done.\n\n"


@dataclass(frozen=True)
class Users:
    """Who plays the customers.

    Attributes:
        declared: All that their words depend on; a part of each row's key.
        make: One for a task, a trial and a seed.
        price: Of their tokens, if they are models.
    """

    declared: dict[str, Any]
    make: MakeUser
    price: Price = field(default_factory=Price)


def scripted() -> Users:
    """Users without a model."""
    return Users({"kind": "scripted"}, lambda task, trial, seed: PlainUser(task))


def human(ask: Callable[[str], str | None]) -> Users:
    """A person; see `HumanUser`."""
    return Users({"kind": "human"}, lambda task, trial, seed: HumanUser(ask, _BRIEFING + task.instruction))


def modelled(client: Client, data: TauData, *, temperature: float, seed: int) -> Users:
    """A model that is told what the benchmark tells its users.

    The prompt's hash is of the template, so that it does not depend on which tasks are played.
    """
    declared = {
        "kind": "model",
        "model": client.model.name,
        **client.model.describe(),
        "prompt": content_id(data.user_prompt("{instruction}")),
        "temperature": temperature,
        "max_tokens": MAX_TOKENS,
        "seed": seed,
    }

    def make(task: Task, trial: int, seed: int) -> User:
        return ModelUser(client, data.user_prompt(task.instruction), temperature=temperature, seed=seed)

    return Users(declared, make, client.price)


def replayed(path: Path, book: Rules, tasks: Sequence[Task], split: str = "test") -> Users:
    """The users of recorded conversations; the trials of a task take those on it in turn.

    Raises:
        DataError: if there is none on one of the tasks, or the file is no recording.
    """
    lines: dict[str, list[list[str]]] = {}
    for each in read_recorded(path, book, split):
        lines.setdefault(each.task_id, []).append(each.user_lines)
    if missing := [task.task_id for task in tasks if task.task_id not in lines]:
        remedy = "Name the tasks that it has with --task."
        raise DataError(f"has no conversation on task {missing[0]}", where=path, remedy=remedy)

    def make(task: Task, trial: int, seed: int) -> User:
        return ReplayUser(lines[task.task_id][trial % len(lines[task.task_id])])

    return Users({"kind": "replay", "words": content_id(lines)}, make)
