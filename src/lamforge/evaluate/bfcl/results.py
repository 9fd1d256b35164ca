"""Results in BFCL's own layout: FOLDER/.../BFCL_v3_simple_result.json, a line {"id", "result"} for each task."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lamforge.errors import DataError
from lamforge.evaluate.bfcl.scoring import Scored
from lamforge.evaluate.bfcl.suites import Suite
from lamforge.evaluate.bfcl.tasks import numbered
from lamforge.journal import write_atomically

_SUFFIX = "_result.json"


def read_results(path: Path, suite: Suite) -> dict[str, Any]:
    """The answers by task, of one file or of all files of a folder.

    Raises:
        DataError: naming the line that is no result, or if there are none.
    """
    files = [path] if path.is_file() else sorted(path.rglob(f"{suite.prefix}*{_SUFFIX}"))
    if not files:
        raise DataError("holds no results", where=path, remedy=f"Pass a folder with files {suite.prefix}*{_SUFFIX}.")
    ids: list[str] = []
    answers: list[Any] = []
    for file in files:
        try:
            lines = file.read_bytes().split(b"\n")
        except OSError as error:
            raise DataError(f"cannot be read: {error.strerror}", where=file) from error
        for number, line in enumerate(lines, 1):
            if line.strip():
                try:
                    row = json.loads(line)
                    ids.append(str(row["id"]))
                    answers.append(row["result"])
                except (ValueError, KeyError, TypeError, RecursionError) as error:
                    raise DataError("is no BFCL result", where=f"{file}:{number}") from error
    return dict(zip(numbered(ids), answers, strict=True))


def write_results(
    folder: Path, suite: Suite, model: str, scored: Sequence[Scored], records: Sequence[dict[str, Any]]
) -> None:
    """Answers of the first trial as the official tools read them, so that they can score them again.

    Args:
        scored, records: The same answers with their tasks, and as the journal has them.
    """
    files: dict[Path, list[str]] = {}
    for each, record in zip(scored, records, strict=True):
        if each.trial:
            continue
        row = {
            "id": each.task.official_id,
            "result": each.answer,
            "input_token_count": record["prompt_tokens"],
            "output_token_count": record["completion_tokens"],
            "latency": sum(record["seconds"]),
        }
        group = _group(each.task.category) if suite.name == "v4" else ""
        file = folder / model.replace("/", "_") / group / f"{suite.prefix}{each.task.category}{_SUFFIX}"
        files.setdefault(file, []).append(json.dumps(row) + "\n")
    for file, lines in files.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(file, lines)
    for stale in set(folder.rglob(f"*{_SUFFIX}")) - files.keys():  # of categories that an earlier command asked for
        stale.unlink()


def _group(category: str) -> str:
    return next((name for name in ("multi_turn", "live") if category.startswith(name)), "non_live")
