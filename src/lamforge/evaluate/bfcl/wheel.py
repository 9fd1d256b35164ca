"""The official release: found on this machine or fetched by pip, and read as data. It knows files, not what they mean.

Nothing of it is installed: its dependencies would be 6 GB, and none of them is needed.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path, PurePosixPath

from lamforge.errors import DataError, UsageError, bounded
from lamforge.evaluate.bfcl.suites import Suite

_PACKAGE = "bfcl_eval"
_FILE_LIMIT = 64 * 2**20  # bytes of one file; the largest has 4 MB
_PINNED = {  # SHA-256 of wheels on PyPI, so that "as published" means these bytes
    "bfcl_eval-2025.6.8-py3-none-any.whl": "f93fee3a66d33f8ea09e5174b4ba72aa80732b31506be1043da8ffb23c299cc3",
    "bfcl_eval-2026.3.23-py3-none-any.whl": "3bb6dfa5f0c68ad403c9ec50b00db2bb3b4cc9b38ab1ff33f48fe30d853d3a0a",
}
_WHAT_COUNTS = ("data/BFCL", "data/possible_answer/", "data/multi_turn_func_doc/", "eval_checker/multi_turn_eval/func")


class Release:
    """The files of a release: a wheel, or a folder that holds `bfcl_eval`.

    Raises:
        DataError: if there is no such release.
    """

    def __init__(self, path: Path) -> None:
        if path.name == _PACKAGE and path.is_dir():
            path = path.parent
        self.path = path
        self._archive: zipfile.ZipFile | None = None
        remedy = (
            "Pass a bfcl-eval wheel, or a folder with bfcl_eval in it; `pip download --no-deps bfcl-eval` gets one."
        )
        if path.is_file():
            try:
                self._archive = zipfile.ZipFile(path)
            except (OSError, zipfile.BadZipFile) as error:
                raise DataError("is no wheel", where=path, remedy=remedy) from error
        if not self.names("data/"):
            raise DataError("holds no BFCL data", where=path, remedy=remedy)

    def names(self, prefix: str) -> list[str]:
        """The files of the package whose path begins so, sorted."""
        return [name for name in self._all if name.startswith(prefix)]

    def lines(self, name: str) -> list[bytes]:
        """The lines of a file of the package that are not empty.

        Raises:
            DataError: if it is missing or larger than any that belongs there.
        """
        return [line for line in self.read(name).split(b"\n") if line.strip()]

    def read(self, name: str) -> bytes:
        """A file of the package; raises as `lines` does."""
        where = f"{self.path}/{_PACKAGE}/{name}"
        try:
            if self._archive is None:
                file = self.path / _PACKAGE / name
                if file.stat().st_size > _FILE_LIMIT:
                    raise DataError("is too large to be BFCL's", where=where)
                return file.read_bytes()
            if self._archive.getinfo(f"{_PACKAGE}/{name}").file_size > _FILE_LIMIT:
                raise DataError("is too large to be BFCL's", where=where)
            return self._archive.read(f"{_PACKAGE}/{name}")
        except (KeyError, OSError, zipfile.BadZipFile) as error:
            raise DataError("is missing from this release", where=where, remedy="Check --suite and --data.") from error

    @cached_property
    def digest(self) -> str:
        """SHA-256 of all that decides a verdict: tasks, answers, documents, back ends. No matter where they lie."""
        total = hashlib.sha256()
        for name in self._all:
            if name.startswith(_WHAT_COUNTS) and name.endswith((".json", ".py")):
                total.update(name.encode() + b"\0" + hashlib.sha256(self.read(name)).digest())
        return total.hexdigest()

    @cached_property
    def _all(self) -> list[str]:
        if self._archive is not None:
            return sorted(_inside(self._archive.namelist()))
        root = self.path / _PACKAGE
        paths = (PurePosixPath(_PACKAGE, *file.relative_to(root).parts) for file in root.rglob("*") if file.is_file())
        return sorted(_inside(map(str, paths)))


def _inside(names: Iterable[str]) -> Iterable[str]:
    return (name.removeprefix(f"{_PACKAGE}/") for name in names if name.startswith(f"{_PACKAGE}/"))


def open_release(suite: Suite, data: Path | None = None) -> Release:
    """The release of a suite: the one that `data` names, or else the suite's own, from the cache or from PyPI.

    Raises:
        DataError: if it cannot be fetched, or is not what PyPI has.
        UsageError: if it holds the data of another generation.
    """
    release = _opened(suite.version, data)
    if not release.names(f"data/{suite.prefix}"):
        where, remedy = release.path, "Choose the other --suite, v3 or v4."
        raise UsageError(f"has no data named {suite.prefix}*", where=where, remedy=remedy)
    return release


def _opened(version: str, data: Path | None) -> Release:
    if data is not None:
        if data.is_dir() and (wheels := sorted(data.glob("bfcl_eval-*.whl"))):
            data = next((wheel for wheel in wheels if f"-{version}-" in wheel.name), wheels[0])
        return Release(data)
    folder = cache_folder()
    name = f"{_PACKAGE}-{version}-py3-none-any.whl"
    wheel = folder / name
    if not wheel.exists():
        _download(version, folder)
    if name in _PINNED and hashlib.sha256(wheel.read_bytes()).hexdigest() != _PINNED[name]:
        raise DataError("is not the wheel that PyPI has", where=wheel, remedy="Delete it; it is fetched again.")
    return Release(wheel)


def cache_folder() -> Path:
    """Where fetched wheels are kept: LAMFORGE_CACHE, or lamforge in the user's cache folder."""
    if chosen := os.environ.get("LAMFORGE_CACHE"):
        return Path(chosen) / "bfcl"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "lamforge" / "bfcl"


def _download(version: str, folder: Path) -> None:
    remedy = f"Fetch it yourself (`pip download --no-deps bfcl-eval=={version}`) and pass --data FILE."
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--quiet"]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        ran = subprocess.run(
            [*command, "--dest", str(folder), f"bfcl-eval=={version}"], capture_output=True, text=True, timeout=300
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise DataError(f"bfcl-eval {version} cannot be fetched ({error})", where=folder, remedy=remedy) from error
    if ran.returncode or not (folder / f"{_PACKAGE}-{version}-py3-none-any.whl").exists():
        said = bounded(ran.stderr.strip()[-300:], 320)
        raise DataError(f"pip did not fetch bfcl-eval {version}: {said}", where=folder, remedy=remedy)
