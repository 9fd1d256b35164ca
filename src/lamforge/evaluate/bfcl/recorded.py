"""Answers of others in BFCL's own layout: FOLDER/.../BFCL_v3_simple_result.json, a line {"id", "result"} for each."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lamforge.errors import DataError, UsageError, bounded
from lamforge.evaluate.bfcl.suites import Suite
from lamforge.evaluate.bfcl.tasks import numbered

SUFFIX = "_result.json"
INFERENCE_ERROR = "Error during inference"  # what official handlers write as the answer where none came
_GROUPS = {"live", "non_live", "multi_turn", "agentic", "format_sensitivity"}  # folders within a model's
_NAMED = 3  # tasks and models that an error names


@dataclass(frozen=True)
class Recorded:
    """One answer. With an `error` there is none: the endpoint failed, whatever stands in the answer's place."""

    task_id: str
    answer: Any
    error: str = ""


@dataclass(frozen=True)
class ResultFile:
    """A file of one model's answers."""

    path: Path
    model: str  # the folder that it lies in, without the groups of categories
    answers: list[Recorded]


def read_results(path: Path, suite: Suite) -> tuple[list[ResultFile], list[Path]]:
    """The files at a path, which is one or a folder of some, and those that hold no categories that are run here.

    Raises:
        DataError: naming the line that is no result, or if there are none.
    """
    if path.is_file():
        return [ResultFile(path, path.stem, _rows(path))], []
    if not path.exists():
        raise DataError("does not exist", where=path)
    pattern = f"{suite.prefix}*{SUFFIX}"
    files = sorted(path.rglob(pattern))
    known = [file for file in files if file.name[len(suite.prefix) : -len(SUFFIX)] in suite.categories]
    if not known:
        raise DataError(f"holds no results of {suite}", where=path, remedy=f"Pass a folder with files {pattern}.")
    found = [ResultFile(file, _model(file.parent.relative_to(path), path), _rows(file)) for file in known]
    return found, [file for file in files if file not in set(known)]


def of_one_model(files: Sequence[ResultFile], path: Path) -> dict[str, Recorded]:
    """The answers by task.

    Raises:
        UsageError: naming the models, if there are several.
        DataError: if a task is answered in two files.
    """
    models = sorted({file.model for file in files})
    if len(models) > 1:
        named = ", ".join(models[:_NAMED]) + (", …" if len(models) > _NAMED else "")
        remedy = f"Pass the folder of one: --results {path / models[0]}"
        raise UsageError(f"holds the answers of {len(models)} models: {named}", where=path, remedy=remedy)
    found: dict[str, Recorded] = {}
    for file in files:
        for each in file.answers:
            if each.task_id in found:
                raise DataError(f"answers {bounded(each.task_id)}, which another file answers, too", where=file.path)
            found[each.task_id] = each
    return found


def named(ids: Iterable[str]) -> str:
    """The first few of some tasks, for a message."""
    listed = list(ids)
    return ", ".join(bounded(each, 60) for each in listed[:_NAMED]) + (", …" if len(listed) > _NAMED else "")


def _model(folder: Path, root: Path) -> str:
    parts = folder.parts
    cut = next((place for place, part in enumerate(parts) if part in _GROUPS), len(parts))
    return "/".join(parts[:cut]) or root.resolve().name


def _rows(file: Path) -> list[Recorded]:
    try:
        lines = file.read_bytes().split(b"\n")
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", where=file) from error
    ids: list[str] = []
    rows: list[tuple[Any, str]] = []
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                row = json.loads(line)
                ids.append(str(row["id"]))
                rows.append((row["result"], _error(row)))
            except (ValueError, KeyError, TypeError, RecursionError) as error:
                raise DataError("is no BFCL result", where=f"{file}:{number}") from error
    return [Recorded(task_id, *row) for task_id, row in zip(numbered(ids), rows, strict=True)]


def _error(row: dict[str, Any]) -> str:
    """What an official handler wrote because the endpoint failed; our own files say how a task ended that was not."""
    answer = row["result"]
    if (
        not isinstance(answer, str)
        or not answer.startswith(INFERENCE_ERROR)
        or row.get("ended") in ("context", "schema")
    ):
        return ""
    return answer[:300]
