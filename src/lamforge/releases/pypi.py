"""Wheels that are fetched by name on first use and kept; nothing of them is installed."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from lamforge.errors import DataError, bounded

_PATIENCE = 300  # seconds for pip to fetch a wheel


def cache_folder(shelf: str = "") -> Path:
    """Where fetched wheels are kept: LAMFORGE_CACHE, or lamforge in the user's cache folder."""
    if chosen := os.environ.get("LAMFORGE_CACHE"):
        return Path(chosen) / shelf
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "lamforge" / shelf


@dataclass(frozen=True)
class Wheel:
    """One release of a project of PyPI whose wheel is for any machine.

    Attributes:
        shelf: The folder inside the cache.
        sha256: Of the wheel that PyPI has; None if it is not known.
    """

    project: str
    version: str
    shelf: str
    sha256: str | None = None

    @property
    def name(self) -> str:
        """The wheel's file name."""
        return f"{self.project.replace('-', '_')}-{self.version}-py3-none-any.whl"

    def cached(self) -> Path | None:
        """The wheel if it was fetched before.

        Raises:
            DataError: if it is not the one that PyPI has.
        """
        wheel = cache_folder(self.shelf) / self.name
        if not wheel.exists():
            return None
        if self.sha256 is not None and hashlib.sha256(wheel.read_bytes()).hexdigest() != self.sha256:
            raise DataError("is not the wheel that PyPI has", where=wheel, remedy="Delete it; it is fetched again.")
        return wheel

    def fetched(self) -> Path:
        """The wheel, from the cache or from PyPI.

        Raises:
            DataError: if it cannot be fetched.
        """
        if (known := self.cached()) is not None:
            return known
        folder = cache_folder(self.shelf)
        wanted = f"{self.project}=={self.version}"
        remedy = f"Fetch it yourself (`pip download --no-deps {wanted}`) and pass --data FILE."
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--quiet"]
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=folder) as scratch:  # half a wheel must never lie in the cache
                ran = subprocess.run(
                    [*command, "--dest", scratch, wanted], capture_output=True, text=True, timeout=_PATIENCE
                )
                if not ran.returncode and (made := Path(scratch, self.name)).exists():
                    made.replace(folder / self.name)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise DataError(f"{wanted} cannot be fetched ({error})", where=folder, remedy=remedy) from error
        if (wheel := self.cached()) is None:
            said = bounded(ran.stderr.strip()[-300:], 320)
            raise DataError(f"pip did not fetch {wanted}: {said}", where=folder, remedy=remedy)
        return wheel
