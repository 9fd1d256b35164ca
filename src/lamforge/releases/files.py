"""The files of a folder or of a wheel, read within bounds. It knows no layout and runs nothing."""

from __future__ import annotations

import hashlib
import json
import zipfile
import zlib
from pathlib import Path
from typing import Any

from lamforge.errors import DataError

LIMIT = 64 << 20  # bytes of one file; the largest of BFCL has 4 MB, of tau-bench 8 MB


class Files:
    """Reads files by their path inside a folder or an archive, and remembers what was read.

    Args:
        remedy: What to do if there is neither.
        limit: Bytes of one file, unpacked.
    Raises:
        DataError: if there is neither.
    """

    def __init__(self, path: Path, *, remedy: str = "", limit: int = LIMIT) -> None:
        self.path = path
        self._limit = limit
        self._archive: zipfile.ZipFile | None = None
        self._read: dict[str, str] = {}
        if path.is_file():
            try:
                self._archive = zipfile.ZipFile(path)
            except (OSError, zipfile.BadZipFile) as error:
                raise DataError("is no wheel", where=path, remedy=remedy) from error
        elif not path.is_dir():
            raise DataError("does not exist", where=path, remedy=remedy)

    def names(self, folder: str = "") -> list[str]:
        """All files inside a folder of it, sorted; their paths begin with the folder's."""
        if self._archive is not None:
            inside = f"{folder}/" if folder else ""
            names = (each.filename for each in self._archive.infolist() if not each.is_dir())
            return sorted({name for name in names if name.startswith(inside)})
        files = (self.path / folder).rglob("*")
        return sorted(file.relative_to(self.path).as_posix() for file in files if file.is_file())

    def has(self, name: str) -> bool:
        """Whether there is such a file."""
        if self._archive is None:
            return (self.path / name).is_file()
        return name in self._archive.NameToInfo

    def bytes(self, name: str) -> bytes:
        """A file's content, unpacked if the name ends in ".gz".

        Raises:
            DataError: if it is missing, damaged, or larger than any that belongs there.
        """
        where = f"{self.path}/{name}"
        try:
            with (self.path / name).open("rb") if self._archive is None else self._archive.open(name) as file:
                content = file.read(self._limit + 1)
            if name.endswith(".gz"):
                content = zlib.decompressobj(wbits=31).decompress(content, self._limit + 1)
        except (KeyError, FileNotFoundError) as error:
            raise DataError("is missing", where=where) from error
        except (OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
            raise DataError(f"cannot be read ({error})", where=where) from error
        if len(content) > self._limit:
            raise DataError(f"is larger than {self._limit >> 20} MB", where=where)
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
        listed = "".join(f"{name}\0{self._read[name]}\0" for name in sorted(self._read))
        return hashlib.sha256(listed.encode()).hexdigest()
