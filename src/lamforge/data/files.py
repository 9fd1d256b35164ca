"""Files of trajectories, read and written as streams: JSON lines, gzipped or not, and Parquet.

A folder stands for the files in it: those that a run of `generate` calls trajectories; without them, all but those that
hold something else.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from lamforge.data.lines import lines_of
from lamforge.data.parquet import parquet_bytes, parquet_rows
from lamforge.data.strict_json import read_json
from lamforge.errors import DataError, UsageError, bounded
from lamforge.journal import write_atomically
from lamforge.messages import Trajectory

SUFFIXES = (".jsonl", ".jsonl.gz", ".parquet")
MIXES = (".yaml", ".yml")  # see `lamforge.data.mixture`
REMEDY = "`lamforge generate` writes such files, and `lamforge data import` makes them of other data sets."

_OTHERS = ("tasks", "items", "rejected", "journal")  # files of a run that hold something else
_FLUSH = 1 << 20  # characters that are packed at a time
_TASK = ("task_id", "instruction")  # keys of a task
_FEW = 3  # places of a wrong record that an error names


def trajectory_files(path: Path) -> list[Path]:
    """The files that a path stands for, in the order of their names.

    Raises:
        DataError: if it does not exist, or is a folder without such files.
    """
    if path.name.endswith(MIXES):
        from lamforge.data.mixture import mix_files

        return mix_files(path)
    if not path.is_dir():
        if path.exists():
            return [path]
        raise DataError("cannot be read: no such file or folder", where=path, remedy=REMEDY)
    files = sorted(each for each in path.iterdir() if each.name.endswith(SUFFIXES) and each.is_file())
    files = [each for each in files if not each.name.startswith(_OTHERS) and ".rejected." not in each.name]
    files = [each for each in files if each.name.startswith("trajectories")] or files
    if not files:
        raise DataError(f"has no file that ends in {', '.join(SUFFIXES)}", where=path, remedy=REMEDY)
    return files


def read_trajectories(path: Path) -> Iterator[Trajectory]:
    """The trajectories of a file or a folder.

    Raises:
        DataError: naming the file and the line or the row that is wrong.
    """
    for _, found in read_each(path):
        if isinstance(found, DataError):
            raise found
        yield found


def read_each(path: Path) -> Iterator[tuple[str, Trajectory | DataError]]:
    """(place, trajectory) of each record; in place of one that cannot be read the error that says why.

    Raises:
        DataError: if a file cannot be read any further.
    """
    if path.name.endswith(MIXES):
        from lamforge.data.mixture import Mix

        yield from ((f"{path}, conversation {number}", each) for number, each in enumerate(Mix(path).stream()))
        return
    for file in trajectory_files(path):
        if file.name.endswith(".parquet"):
            for number, row in enumerate(parquet_rows(file)):
                where = f"{file}, row {number}"
                yield where, _checked(row, where)
        else:
            for number, line in lines_of(file, remedy=REMEDY):
                where = f"{file}:{number}"
                yield where, _checked(line, where)


def find_trajectory(path: Path, which: str) -> tuple[str, Trajectory]:
    """(place, trajectory) of one record of a file or a folder, by its number from 0, its id or its task's.

    Raises:
        DataError: if there is none, or it cannot be read.
    """
    number = -1
    for number, (where, found) in enumerate(read_each(path)):
        if isinstance(found, DataError):
            if which == str(number):
                raise found
        elif which in (str(number), found.trajectory_id, found.task_id):
            return where, found
    if number < 0:
        raise DataError("is empty", where=path, remedy=REMEDY)
    raise DataError(
        f"has no trajectory {bounded(which)}", where=path, remedy=f"Give an id or a number from 0 to {number}."
    )


def _checked(record: bytes | dict[str, Any], where: str) -> Trajectory | DataError:
    try:
        if isinstance(record, bytes):
            found = Trajectory.model_validate_json(record)
            if (
                b"NaN" in record or b"Infinity" in record
            ):  # mostly words of a text; pydantic takes them for numbers, too
                read_json(record)
            return found
        return Trajectory.model_validate(record)
    except ValidationError as error:
        missing = {each["loc"] for each in error.errors(include_url=False) if each["type"] == "missing"}
        if {("messages",), ("trajectory_id",)} <= missing and _is_task(record):
            remedy = "Conversations are in the files beside it: trajectories.jsonl."
            return DataError("is a task, no conversation", where=where, remedy=remedy)
        return DataError(complaint(error), where=where)
    except ValueError as error:
        return DataError(str(error), where=where)


def _is_task(record: bytes | dict[str, Any]) -> bool:
    """Whether a record that is no trajectory is one of the tasks that lie beside them."""
    return all(f'"{key}"'.encode() in record if isinstance(record, bytes) else key in record for key in _TASK)


def read_line(line: bytes, where: str) -> Trajectory:
    """The trajectory of a line; raises DataError, naming the place, if it is none."""
    found = _checked(line, where)
    if isinstance(found, DataError):
        raise found
    return found


def complaint(error: ValidationError) -> str:
    """What is wrong with a record, with its first few places."""
    found = error.errors(include_url=False)
    named = ((".".join(str(part) for part in each["loc"]), each["msg"]) for each in found[:_FEW])
    told = "; ".join(f"{place}: {what}" if place else what for place, what in named)
    return told + (f"; and {len(found) - _FEW} more" if len(found) > _FEW else "")


def write_trajectories(path: Path, trajectories: Iterable[Trajectory]) -> int:
    """Writes a file whole or not at all, in the form that its name asks for; returns how many it holds.

    Raises:
        UsageError: if the name ends in none of `SUFFIXES`.
        OutputError: if it cannot be written.
    """
    check_suffix(path)
    counted = _Counted(trajectories)
    if path.name.endswith(".parquet"):
        write_atomically(path, parquet_bytes(counted))
    else:
        lines = (json.dumps(each.as_dict(), ensure_ascii=False) + "\n" for each in counted)
        write_atomically(path, packed(lines) if path.name.endswith(".gz") else lines)
    return counted.count


def check_suffix(path: Path) -> None:
    """Raises UsageError unless `write_trajectories` can write a file of this name."""
    if not path.name.endswith(SUFFIXES):
        remedy = f"Choose a name that ends in one of {', '.join(SUFFIXES)}."
        raise UsageError(f"{bounded(path.name)} does not say what to write", remedy=remedy)


def packed(lines: Iterable[str]) -> Iterator[bytes]:
    """Lines as the pieces of a gzip file that names no time: the same lines give the same bytes."""
    packer = zlib.compressobj(wbits=31)
    waiting: list[str] = []
    size = 0
    for line in lines:
        waiting.append(line)
        size += len(line)
        if size >= _FLUSH:
            yield packer.compress("".join(waiting).encode())
            waiting, size = [], 0
    yield packer.compress("".join(waiting).encode())
    yield packer.flush()


class _Counted:
    """An iterable that knows how many it has given."""

    def __init__(self, trajectories: Iterable[Trajectory]) -> None:
        self.count = 0
        self._trajectories = trajectories

    def __iter__(self) -> Iterator[Trajectory]:
        for each in self._trajectories:
            self.count += 1
            yield each
