"""The files of a benchmark, from a folder or a wheel, read as bytes within bounds; nothing is executed."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from lamforge.errors import DataError

_LARGEST = 256 << 20  # bytes of one file
_MOST = 20_000  # files that are looked at
_READ = (".json", ".jsonl", ".md", ".py", ".toml")


def files_of(path: Path, remedy: str) -> Iterator[tuple[str, bytes]]:
    """(name, bytes) of each file that may hold something of a benchmark, in the order of their names.

    Raises:
        DataError: if there is no such folder or archive, or it is too large to be one.
    """
    try:
        if path.is_dir():
            yield from _of_folder(path)
        else:
            with closing(zipfile.ZipFile(path)) as archive:
                yield from _of_archive(archive, path)
    except (OSError, zipfile.BadZipFile) as error:
        raise DataError(f"cannot be read: {error}", where=path, remedy=remedy) from error


def _of_folder(folder: Path) -> Iterator[tuple[str, bytes]]:
    names = sorted(each for each in folder.rglob("*") if each.suffix in _READ and each.is_file())
    _check_count(len(names), folder)
    for each in names:
        _check_size(each.stat().st_size, each)
        yield each.relative_to(folder).as_posix(), each.read_bytes()


def _of_archive(archive: zipfile.ZipFile, path: Path) -> Iterator[tuple[str, bytes]]:
    members = sorted((each for each in archive.infolist() if each.filename.endswith(_READ)), key=lambda m: m.filename)
    _check_count(len(members), path)
    for each in members:
        _check_size(each.file_size, f"{path}/{each.filename}")
        yield each.filename, archive.read(each)


def _check_count(count: int, where: object) -> None:
    if count > _MOST:
        raise DataError(f"holds {count:,} files", where=where, remedy="Name the benchmark's own folder.")


def _check_size(size: int, where: object) -> None:
    if size > _LARGEST:
        raise DataError(f"has {size:,} bytes", where=where, remedy="Name the benchmark's own folder.")


def values_of(content: bytes) -> list[Any]:
    """The JSON values of a file: one, or one a line; what is no JSON is left out."""
    try:
        return [json.loads(content)]
    except (ValueError, RecursionError):
        pass
    found = []
    for line in content.split(b"\n"):
        try:
            found += [json.loads(line)] if line.strip() else []
        except (ValueError, RecursionError):
            continue
    return found


class Fingerprint:
    """A hash of all files that were made use of."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()

    def add(self, name: str, content: bytes) -> None:
        """One more file."""
        self._digest.update(f"{name}\n{len(content)}\n".encode() + content)

    def __str__(self) -> str:
        return self._digest.hexdigest()
