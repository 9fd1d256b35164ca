"""Two evaluations side by side, before their results are: how each was made, and what of it differs. No statistics."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lamforge.errors import DataError, UsageError, bounded
from lamforge.evaluate.part import Part

# What tells which tasks were set and when an answer is right: where it differs, no trial of one run has a partner.
_TASKS = ("suite", "domain", "domain_digest", "rules", "data_sha256")
_SUITES = ("suite", "benchmark", "domain")  # of two suites all else differs, too
# What a model brings with it: that it differs is why people compare.
_MODEL = ("model", "model_sha256", "lora_sha256", "endpoint", "endpoint_model", "format", "context", "results")
# What says nothing of how one trial was made.
_COUNTS = ("trials", "training_tasks", "notes", "outgrown")
_SHOWN = 40  # characters of a value


@dataclass(frozen=True)
class Made:
    """How one evaluation came about."""

    model: str
    how: dict[str, Any]
    part: Part | None
    missing: int  # planned trials without a result
    planned: int


def read_made(folder: Path) -> Made:
    """What a folder of `lamforge eval` says of itself.

    Raises:
        DataError: if it is no finished evaluation's.
    """
    path = folder / "summary.json"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        part = found.get("part")
        planned = found["tasks"] * found["trials"]
        return Made(
            model=str(found["model"]),
            how=dict(found["made"]),
            part=Part(**part) if part else None,
            missing=planned - found["episodes" if "episodes" in found else "results"],
            planned=planned,
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        remedy = "Pass the --out of a finished `lamforge eval domain`, `calls`, `bfcl` or `tau`."
        raise DataError("is no folder of an evaluation", where=folder, remedy=remedy) from error


def require_same_tasks(a: Made, b: Made, where: str) -> None:
    """Does nothing for evaluations that set the same tasks and judge by the same rules.

    Raises:
        UsageError: naming each thing that differs, with both values.
    """
    if differing := _differing(a, b, _SUITES) or _differing(a, b, _TASKS):
        raise UsageError(
            f"are evaluations of different tasks: {_listed(differing)}",
            where=where,
            remedy="Compare runs of the same suite, data and rules.",
        )


def conditions(a: Made, b: Made) -> dict[str, tuple[Any, Any]]:
    """What differs besides the model, so that a difference of the scores is not the model's alone."""
    names = [name for name in {**a.how, **b.how} if name not in (*_TASKS, *_MODEL, *_COUNTS)]
    parts = (str(a.part.amount if a.part else "all tasks"), str(b.part.amount if b.part else "all tasks"))
    return _differing(a, b, names) | ({"tasks": parts} if a.part != b.part else {})


def differing(a: Made, b: Made) -> dict[str, tuple[Any, Any]]:
    """All that was made differently, the model included."""
    return _differing(a, b, list({**a.how, **b.how})) | conditions(a, b)


def _differing(a: Made, b: Made, names: Sequence[str]) -> dict[str, tuple[Any, Any]]:
    return {name: (a.how.get(name), b.how.get(name)) for name in names if a.how.get(name) != b.how.get(name)}


def _listed(found: dict[str, tuple[Any, Any]]) -> str:
    return "; ".join(f"{name} {_short(one)} and {_short(other)}" for name, (one, other) in found.items())


def _short(value: Any) -> str:
    if isinstance(value, str):
        return value if len(value) <= _SHOWN else f"{value[: _SHOWN - 1]}…"
    return "none" if value is None else bounded(value, _SHOWN)


def cautions(found: dict[str, tuple[Any, Any]]) -> list[str]:
    """A line for each condition that differs; of values that have parts, the parts that do."""
    lines = []
    for name, (one, other) in found.items():
        if isinstance(one, dict) and isinstance(other, dict):
            inner = {key: (one.get(key), other.get(key)) for key in {**one, **other} if one.get(key) != other.get(key)}
            lines += [f"{name} {line}" for line in cautions(inner)]
        else:
            lines.append(f"{name.replace('_', ' ')}: A {_short(one)}, B {_short(other)}")
    return lines
