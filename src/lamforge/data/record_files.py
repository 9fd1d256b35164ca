"""Records of others' files, whatever holds them: JSON lines, a JSON list, one JSON object, Parquet; gzipped or not."""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from lamforge.data.json_stream import JsonStream
from lamforge.data.lines import lines_of, open_text
from lamforge.data.parquet import plain_rows
from lamforge.data.strict_json import read_json
from lamforge.errors import DataError

Record = tuple[str, Any]  # place, value; a DataError in place of a value that cannot be read

_SUFFIXES = (".json", ".jsonl", ".ndjson", ".json.gz", ".jsonl.gz", ".parquet")
_LINES = (".jsonl", ".ndjson", ".jsonl.gz")


def source_files(path: Path) -> list[Path]:
    """The files that hold records: the one, or all of a folder and of those in it, in the order of their names.

    Raises:
        DataError: if there is none.
    """
    if path.is_file():
        return [path]
    found = sorted(each for each in path.rglob("*") if each.name.endswith(_SUFFIXES) and each.is_file())
    if not found:
        what = "holds no data" if path.is_dir() else "cannot be read: no such file or folder"
        raise DataError(what, where=path, remedy=f"Name a file that ends in one of {', '.join(_SUFFIXES)}.")
    return found


def records(path: Path) -> Iterator[Record]:
    """The records of one file.

    Raises:
        DataError: if it cannot be read any further.
    """
    if path.name.endswith(".parquet"):
        yield from ((f"{path}, row {number}", row) for number, row in enumerate(plain_rows(path)))
    elif path.name.endswith(_LINES) or not _is_list(path):
        yield from _lines(path) if _has_lines(path) else _one(path)
    else:
        with json_stream(path) as stream:
            yield from ((f"{path}, record {number}", value) for number, value in enumerate(stream.elements()))


@contextmanager
def json_stream(path: Path) -> Iterator[JsonStream]:
    """A file as one JSON document.

    Raises:
        DataError: if it cannot be read.
    """
    try:
        with open_text(path) as file, io.TextIOWrapper(file, encoding="utf-8-sig") as text:
            yield JsonStream(text, path)
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise DataError(f"cannot be read: {error}", where=path) from error


def _is_list(path: Path) -> bool:
    with json_stream(path) as stream:
        return stream.peek() == "["


def _has_lines(path: Path) -> bool:
    """Whether its lines are values by themselves: one of the first two is, or the name says so."""
    return path.name.endswith(_LINES) or any(
        isinstance(_value(line, ""), dict) for _, line in islice(lines_of(path), 2)
    )


def _one(path: Path) -> Iterator[Record]:
    with json_stream(path) as stream:
        if stream.peek():
            yield f"{path}, record 0", stream.value()


def _lines(path: Path) -> Iterator[Record]:
    for number, line in lines_of(path):
        where = f"{path}:{number}"
        yield where, _value(line, where)


def _value(line: bytes, where: str) -> Any:
    try:
        return read_json(line)
    except (ValueError, RecursionError) as error:
        return DataError(f"is no JSON: {error}", where=where)
