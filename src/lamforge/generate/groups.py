"""Groups of tasks with a cast of models: shards divide these, and tasks are made of others of their own group alone."""

from __future__ import annotations

from typing import Any

from lamforge.generate.roles import Roles
from lamforge.generate.twins import Number, Split

SIZE = 50  # tasks of one split


def numbers_of(sizes: dict[Split, int], roles: Roles, shard: tuple[int, int]) -> list[Number]:
    """The first draws of a shard: each n-th group, or with the scripted teacher alone each n-th task."""
    size = 1 if roles.scripted else SIZE
    return [(split, n, 0) for split, count in sizes.items() for n in range(count) if n // size % shard[1] == shard[0]]


def of_shard(things: int, size: int, first: int, count: int) -> int:
    """How many things are in each `count`-th group of a size, from the `first` on."""
    return sum(min(size, things - group * size) for group in range(first, -(-things // size), count))


def sizes_of(config: dict[str, Any]) -> dict[Split, int]:
    """How many tasks of each split a whole run is to have, by its configuration."""
    return {"train": config["tasks"], "test": config["test_tasks"]}


def group_of(number: int) -> int:
    """The group of a task."""
    return number // SIZE


def base_size(number: int, tasks: int, roles: Roles) -> int:
    """How many tasks of a task's group are no recombinations of others; they are the first of it.

    Args:
        tasks: Of the split, in the whole run.
    """
    size = min(SIZE, tasks - group_of(number) * SIZE)
    return size - round(size * roles.recombined)


def is_recombined(number: int, tasks: int, roles: Roles) -> bool:
    """Whether a task is made of two others of its group, which must be there first; arguments as of `base_size`."""
    return not roles.generator.scripted and number % SIZE >= base_size(number, tasks, roles)
