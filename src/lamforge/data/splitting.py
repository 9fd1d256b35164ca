"""A data set cut into parts that share no task, or no owner: what a model is judged by, it has not been trained on."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from lamforge.data.files import SUFFIXES, read_trajectories, write_trajectories
from lamforge.data.outputs import prepare_outputs
from lamforge.data.owners import Owners
from lamforge.errors import DataError, UsageError, bounded
from lamforge.journal import write_atomically
from lamforge.messages import Trajectory, derived_seed

By = Literal["task", "owner", "domain"]


@dataclass
class Split:
    """What became of a data set.

    Args:
        groups: Tasks, owners or domains in each part.
        unknown: Conversations without a known owner, which were split by their tasks.
    """

    out: Path
    by: str
    seed: int
    files: dict[str, Path] = field(default_factory=dict)
    trajectories: dict[str, int] = field(default_factory=dict)
    groups: dict[str, int] = field(default_factory=dict)
    unknown: int = 0

    def as_dict(self) -> dict[str, Any]:
        """The numbers as plain JSON."""
        return {**vars(self), "out": str(self.out), "files": {name: str(path) for name, path in self.files.items()}}


def parts_of(written: str) -> dict[str, float]:
    """The parts of a text such as "train=0.9,validation=0.1", as shares of 1.

    Raises:
        UsageError: if it is none.
    """
    parts: dict[str, float] = {}
    for each in written.split(","):
        name, _, share = each.strip().partition("=")
        try:
            parts[name] = float(share)
        except ValueError:
            raise _no_parts(written) from None
        if not name.replace("-", "").replace("_", "").isalnum() or not 0 < parts[name] < float("inf"):
            raise _no_parts(written)
    total = sum(parts.values())
    return {name: share / total for name, share in parts.items()}


def _no_parts(written: str) -> UsageError:
    return UsageError(f"{bounded(written)} names no parts", remedy="Write them as train=0.9,validation=0.1.")


def split_data(
    source: Path,
    out: Path,
    parts: dict[str, float],
    *,
    by: By = "task",
    seed: int = 0,
    suffix: str = ".jsonl",
    domains: list[str] | None = None,
) -> Split:
    """Writes each part to a file of its own in a folder, and `split.json` on how it was made.

    The same seed gives the same parts whatever the order of the records; shares are of conversations, as near as whole
    groups allow.

    Args:
        domains: Domains by name or folder, besides the bundled ones, that tell who owns what.
    Raises:
        DataError: if the source cannot be read, has fewer groups than there are parts, or no owner is known of any.
        UsageError: if the suffix is unknown, or the source is one of the files that are written.
    """
    if suffix not in SUFFIXES:
        raise UsageError(f"unknown suffix {bounded(suffix)}", remedy=f"Choose one of {', '.join(SUFFIXES)}.")
    owners = Owners(domains or [])
    group = _grouping(by, owners)
    counts: Counter[str] = Counter()
    result = Split(out, by, seed)
    for each in read_trajectories(source):
        counts[group(each)] += 1
        result.unknown += by == "owner" and owners.owner(each) is None
    if result.unknown and result.unknown == counts.total():
        remedy = "Name the folder of their domain with --domain, or split by task."
        raise DataError("no owner is known of any of its conversations", where=source, remedy=remedy)
    chosen = _assigned(counts, parts, seed, source)
    files = {name: out / f"{name}{suffix}" for name in parts}
    prepare_outputs([source], *files.values())
    for name, path in files.items():
        result.trajectories[name] = write_trajectories(path, _part(source, group, chosen, name))
        result.files[name] = path
        result.groups[name] = sum(part == name for part in chosen.values())
    made = {"source": str(source), "parts": parts, **result.as_dict()}
    write_atomically(out / "split.json", json.dumps(made, indent=2) + "\n")
    return result


def _part(source: Path, group: Callable[[Trajectory], str], chosen: dict[str, str], name: str) -> Iterator[Trajectory]:
    return (each for each in read_trajectories(source) if chosen[group(each)] == name)


def _grouping(by: By, owners: Owners) -> Callable[[Trajectory], str]:
    """What must not be on both sides, as a name."""

    def task(each: Trajectory) -> str:
        return f"task {each.domain} {each.task_id}"

    def owner(each: Trajectory) -> str:
        found = owners.owner(each)
        return task(each) if found is None else f"owner {each.domain} {found}"

    return {"task": task, "owner": owner, "domain": lambda each: each.domain}[by]


def _assigned(counts: Counter[str], parts: dict[str, float], seed: int, source: Path) -> dict[str, str]:
    """The part of each group: in an order that the seed gives, each goes where most is missing; no part stays empty."""
    if len(counts) < len(parts):
        raise DataError(
            f"has {len(counts)} groups for {len(parts)} parts", where=source, remedy="Split by something else."
        )
    total = counts.total()
    missing = {name: share * total for name, share in parts.items()}
    empty = set(parts)
    chosen = {}
    order = sorted(counts, key=lambda group: (derived_seed("split", seed, group), group))
    for left, group in zip(range(len(order), 0, -1), order, strict=True):
        candidates = empty if left <= len(empty) else parts
        part = max((name for name in parts if name in candidates), key=lambda name: missing[name])
        missing[part] -= counts[group]
        empty.discard(part)
        chosen[group] = part
    return chosen
