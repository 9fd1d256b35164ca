"""`tools.json` and the other files of an import, read and written."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from lamforge.errors import DataError, OutputError, SchemaError, bounded
from lamforge.tools.remote.bindings import ToolFile
from lamforge.tools.untrusted import check_tool

NAME = "tools.json"
MAX_FILE = 64 << 20  # bytes


def is_tool_file(value: Any) -> bool:
    """Whether a JSON value is meant as the content of a `tools.json`, rather than as a list of tools."""
    return isinstance(value, dict) and "servers" in value and isinstance(value.get("tools"), list)


def read_json(path: Path) -> Any:
    """The JSON of a file, bounded in size.

    Raises:
        DataError: if it cannot be read or is no JSON.
    """
    try:
        if path.stat().st_size > MAX_FILE:
            raise DataError(f"takes more than {MAX_FILE >> 20} MiB", where=path, remedy="Split it.")
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot be read: {error}", where=path) from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"is not JSON: {error}", where=path) from error


def load_tool_file(path: Path) -> ToolFile:
    """The tools of a `tools.json` with their bindings.

    Raises:
        DataError: if the file cannot be read, or a record in it is wrong.
        SchemaError: naming the tool that a model cannot call.
    """
    value = read_json(path)
    if not is_tool_file(value):
        remedy = "`lamforge tools import SOURCE --out FILE` writes such files."
        raise DataError('is no {"servers": {...}, "tools": [...]}', where=path, remedy=remedy)
    try:
        file = ToolFile.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        raise DataError(problem_text(first), where=f"{path}, {place_text(first)}") from error
    seen: set[str] = set()
    for number, tool in enumerate(file.tools):
        where = f"{path}, tool {number}"
        check_tool(tool.openai, where=where)
        if tool.name in seen:
            raise SchemaError(f"a second tool is called {tool.name!r}", where=where, remedy="Rename one of them.")
        seen.add(tool.name)
    return file


def place_text(error: Any) -> str:
    """Where in a record one of pydantic's errors is: servers.main.url."""
    return ".".join(str(part) for part in error["loc"]) or "the file"


def problem_text(error: Any) -> str:
    """One of pydantic's errors as a sentence that quotes the value."""
    return f"{error['msg'].removeprefix('Value error, ')}; got {bounded(error['input'], 80)}"


def tool_file_text(file: ToolFile) -> str:
    """A `tools.json` as it is written."""
    return json.dumps(file.as_dict(), ensure_ascii=False, indent=1) + "\n"


def write_whole(path: Path, text: str) -> None:
    """Replaces a file: a reader sees the old one or the new one.

    Raises:
        OutputError: if it cannot be written.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        remedy = "Choose another --out."
        raise OutputError(f"cannot be written: {error.strerror or error}", where=path, remedy=remedy) from error
