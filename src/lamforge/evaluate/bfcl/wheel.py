"""The official release: found on this machine or fetched by pip, and read as data. It knows files, not what they mean.

Nothing of it is installed: its dependencies would be 6 GB, and none of them is needed.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from lamforge.errors import DataError, UsageError
from lamforge.evaluate.bfcl.suites import Suite
from lamforge.releases import Files, Wheel

_PACKAGE = "bfcl_eval"
_NUMBERS = re.compile(r"[0-9]{1,4}(\.[0-9]{1,4}){1,4}")
_NAMED = 5  # wheels that an error names
_SHA256 = {  # of wheels on PyPI, so that "as published" means these bytes
    "2025.6.8": "f93fee3a66d33f8ea09e5174b4ba72aa80732b31506be1043da8ffb23c299cc3",
    "2026.3.23": "3bb6dfa5f0c68ad403c9ec50b00db2bb3b4cc9b38ab1ff33f48fe30d853d3a0a",
}
_DIGESTS = {  # of the data of releases, wherever they lie
    "2025.6.8": "2d6892612c5b0a475a06b928fb7ef912f7b8d90ed26d1dfd9b766bd259150d69",
    "2025.7.9": "231988b289555f8a191cb9a09a78f5eddbb21615d6687bc1778c640655248236",
    "2026.3.23": "6022c7180f81eac809d6adfb78220d767b8418e7832d9d84c749a31b64e156b1",
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
        packed = hashlib.sha256(self.path.read_bytes()).hexdigest() if self.path.is_file() else ""
        known = next((version for version, sha256 in _SHA256.items() if sha256 == packed), None)
        return _DIGESTS[known] if known else self.digest_of_files()  # reading all takes a tenth of all scoring

    def digest_of_files(self) -> str:
        """The digest, made of every file."""
        total = hashlib.sha256()
        for name in self._all:
            if name.startswith(_WHAT_COUNTS) and name.endswith((".json", ".py")):
                total.update(name.encode() + b"\0" + hashlib.sha256(self.read(name)).digest())
        return total.hexdigest()

    @cached_property
    def version(self) -> str:
        """Which release it is: by the hash of its data where that is known, else as its own metadata say.

        Data that say to be a known release and are not are "changed"; those that say nothing are "unknown".
        """
        for version, digest in _DIGESTS.items():
            if digest == self.digest:
                return version
        said = self._said()
        return f"{said}+changed" if said in _DIGESTS else said

    def labelled(self, suite: Suite) -> Suite:
        """A suite with the version that these data really are."""
        return replace(suite, version=self.version)

    def _said(self) -> str:
        """The version in the metadata that lie beside the package."""
        if self.path.is_dir():
            names = sorted(f"{folder.name}/METADATA" for folder in self.path.glob(f"{_PACKAGE}-*.dist-info"))
        else:
            names = [name for name in self._files.names() if name.endswith(".dist-info/METADATA")]
        for name in filter(self._files.has, names):
            for line in self._files.bytes(name).decode("utf-8", "replace").splitlines():
                if line.startswith("Version: ") and _NUMBERS.fullmatch(version := line.removeprefix("Version: ")):
                    return version
        return "unknown"

    @cached_property
    def _all(self) -> list[str]:
        return [name.removeprefix(f"{_PACKAGE}/") for name in self._files.names(_PACKAGE)]


def open_release(suite: Suite, data: Path | None = None) -> Release:
    """The release of a suite: the one that `data` names, or else the suite's own, from the cache or from PyPI.

    Raises:
        DataError: if it cannot be fetched, or is not what PyPI has.
        UsageError: if it is another release than the one that was named, or holds the data of another generation.
    """
    release = _opened(suite, data)
    if suite.named and release.version != suite.version:
        what = f"is release {release.version} of bfcl-eval, not {suite.version}"
        remedy = f"--suite {suite.name} takes it for what it is."
        raise UsageError(what, where=release.path, remedy=remedy)
    if not release.names(f"data/{suite.prefix}"):
        where, remedy = release.path, "Choose the other --suite, v3 or v4."
        raise UsageError(f"has no data named {suite.prefix}*", where=where, remedy=remedy)
    return release


def _opened(suite: Suite, data: Path | None) -> Release:
    if data is None:
        return Release(Wheel("bfcl-eval", suite.version, "bfcl", _SHA256.get(suite.version)).fetched())
    wheels = sorted(data.glob(f"{_PACKAGE}-*.whl")) if data.is_dir() else []
    if not wheels:
        return Release(data)
    wanted = [wheel for wheel in wheels if f"-{suite.version}-" in wheel.name]
    if not wanted and (suite.named or len(wheels) > 1):
        names = ", ".join(wheel.name for wheel in wheels[:_NAMED])
        remedy = "Pass one of them with --data, or name its version: --suite v3@VERSION."
        raise UsageError(f"holds no wheel of release {suite.version}, but {names}", where=data, remedy=remedy)
    return Release((wanted or wheels)[0])
