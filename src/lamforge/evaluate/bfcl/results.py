"""Results in BFCL's own layout: FOLDER/.../BFCL_v3_simple_result.json, a line {"id", "result"} for each task."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from lamforge.errors import DataError
from lamforge.evaluate.bfcl.suites import Suite

_SUFFIX = "_result.json"


def read_results(path: Path, suite: Suite) -> dict[str, Any]:
    """The answers by task, of one file or of all files of a folder.

    Raises:
        DataError: naming the line that is no result, or if there are none.
    """
    files = [path] if path.is_file() else sorted(path.rglob(f"{suite.prefix}*{_SUFFIX}"))
    if not files:
        raise DataError("holds no results", where=path, remedy=f"Pass a folder with files {suite.prefix}*{_SUFFIX}.")
    answers: dict[str, Any] = {}
    for file in files:
        try:
            lines = file.read_bytes().split(b"\n")
        except OSError as error:
            raise DataError(f"cannot be read: {error.strerror}", where=file) from error
        for number, line in enumerate(lines, 1):
            if line.strip():
                try:
                    row = json.loads(line)
                    answers[str(row["id"])] = row["result"]
                except (ValueError, KeyError, TypeError, RecursionError) as error:
                    raise DataError("is no BFCL result", where=f"{file}:{number}") from error
    return answers
