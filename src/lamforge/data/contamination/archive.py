"""The files of a benchmark, from a folder or a wheel, read as bytes within bounds; nothing is executed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lamforge.errors import DataError
from lamforge.releases import Files

_LARGEST = 256 << 20  # bytes of one file
_MOST = 20_000  # files that are looked at
_READ = (".json", ".jsonl", ".md", ".py", ".toml")


def files_of(path: Path, remedy: str) -> Iterator[tuple[str, bytes]]:
    """(name, bytes) of each file that may hold something of a benchmark, in the order of their names.

    Raises:
        DataError: if there is no such folder or archive, or it is too large to be one.
    """
    files = Files(path, remedy=remedy, limit=_LARGEST)
    names = [name for name in files.names() if name.endswith(_READ)]
    if len(names) > _MOST:
        raise DataError(f"holds {len(names):,} files", where=path, remedy="Name the benchmark's own folder.")
    yield from ((name, files.bytes(name)) for name in names)


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
