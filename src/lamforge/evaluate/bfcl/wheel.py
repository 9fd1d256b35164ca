"""The official release: found on this machine or fetched by pip, and read as data. It knows files, not what they mean.

Nothing of it is installed: its dependencies would be 6 GB, and none of them is needed.
"""

from __future__ import annotations

import hashlib
from functools import cached_property
from pathlib import Path

from lamforge.errors import DataError, UsageError
from lamforge.evaluate.bfcl.suites import Suite
from lamforge.releases import Files, Wheel

_PACKAGE = "bfcl_eval"
_SHA256 = {  # of wheels on PyPI, so that "as published" means these bytes
    "2025.6.8": "f93fee3a66d33f8ea09e5174b4ba72aa80732b31506be1043da8ffb23c299cc3",
    "2026.3.23": "3bb6dfa5f0c68ad403c9ec50b00db2bb3b4cc9b38ab1ff33f48fe30d853d3a0a",
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
        remedy = (
            "Pass a bfcl-eval wheel, or a folder with bfcl_eval in it; `pip download --no-deps bfcl-eval` gets one."
        )
        self._files = Files(path, remedy=remedy)
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
        if not self._files.has(f"{_PACKAGE}/{name}"):
            where = f"{self.path}/{_PACKAGE}/{name}"
            raise DataError("is missing from this release", where=where, remedy="Check --suite and --data.")
        return self._files.bytes(f"{_PACKAGE}/{name}")

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
        return [name.removeprefix(f"{_PACKAGE}/") for name in self._files.names(_PACKAGE)]


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
    wheel = Wheel("bfcl-eval", version, "bfcl", _SHA256.get(version))
    return Release(wheel.fetched())
