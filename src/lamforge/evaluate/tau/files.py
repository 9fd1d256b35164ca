"""The files of a benchmark: a folder or a wheel, read as data. It knows no layout."""

from __future__ import annotations

import hashlib
import json
import zipfile
import zlib
from pathlib import Path
from typing import Any

from lamforge.errors import DataError

_LIMIT = 64 * 2**20  # bytes of one file; the largest has 8 MB


class Files:
    """Reads files by their path inside a folder or an archive, and remembers what was read.

    Raises:
        DataError: if there is neither.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._archive: zipfile.ZipFile | None = None
        self._read: dict[str, str] = {}
        if path.is_file():
            try:
                self._archive = zipfile.ZipFile(path)
            except (OSError, zipfile.BadZipFile) as error:
                raise DataError("is no wheel", where=path) from error
        elif not path.is_dir():
            raise DataError("does not exist", where=path, remedy="Name a checkout or a wheel with --data.")

    def has(self, name: str) -> bool:
        """Whether there is such a file."""
        if self._archive is None:
            return (self.path / name).is_file()
        return name in self._archive.NameToInfo

    def bytes(self, name: str) -> bytes:
        """A file's content, unpacked if the name ends in ".gz".

        Raises:
            DataError: if it is missing, or larger than any that belongs there.
        """
        where = f"{self.path}/{name}"
        try:
            if self._archive is None:
                with (self.path / name).open("rb") as file:
                    content = file.read(_LIMIT + 1)
            else:
                with self._archive.open(name) as file:
                    content = file.read(_LIMIT + 1)
            if name.endswith(".gz"):
                content = _unpacked(content)
        except (OSError, KeyError, EOFError, zlib.error, zipfile.BadZipFile) as error:
            raise DataError(f"cannot be read ({error})", where=where) from error
        if len(content) > _LIMIT:
            raise DataError(f"is larger than {_LIMIT >> 20} MB", where=where)
        self._read[name] = hashlib.sha256(content).hexdigest()
        return content

    def text(self, name: str) -> str:
        """A file's text; raises as `bytes` does."""
        try:
            return self.bytes(name).decode("utf-8")
        except UnicodeDecodeError as error:
            raise DataError(f"is no text ({error})", where=f"{self.path}/{name}") from error

    def json(self, name: str) -> Any:
        """A file's JSON; raises as `bytes` does."""
        try:
            return json.loads(self.bytes(name))
        except (ValueError, RecursionError) as error:
            raise DataError(f"is not JSON ({error})", where=f"{self.path}/{name}") from error

    @property
    def digest(self) -> str:
        """The SHA-256 of all files read so far, whatever their place on this machine and their order."""
        return hashlib.sha256(
            "".join(f"{name}\0{self._read[name]}\0" for name in sorted(self._read)).encode()
        ).hexdigest()


def _unpacked(content: bytes) -> bytes:
    inflater = zlib.decompressobj(wbits=31)
    return inflater.decompress(content, _LIMIT + 1)
