"""The inspect-evals wheel, fetched by pip by name on first use; nothing of it is installed."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

from lamforge.errors import DataError, bounded

VERSION = "0.26.0"
_WHEEL = f"inspect_evals-{VERSION}-py3-none-any.whl"
_SHA256 = "b76d15813182807da141a0f06bb6f18a5f82d1f06291ec2633bb84cdf661f8d0"


def cached_wheel() -> Path | None:
    """The wheel if it was fetched before.

    Raises:
        DataError: if it is not the one that PyPI has.
    """
    wheel = _folder() / _WHEEL
    if not wheel.exists():
        return None
    if hashlib.sha256(wheel.read_bytes()).hexdigest() != _SHA256:
        raise DataError("is not the wheel that PyPI has", where=wheel, remedy="Delete it; it is fetched again.")
    return wheel


def fetched_wheel() -> Path:
    """The wheel, from the cache or from PyPI.

    Raises:
        DataError: if it cannot be fetched.
    """
    if (wheel := cached_wheel()) is not None:
        return wheel
    folder = _folder()
    remedy = f"Fetch it yourself (`pip download --no-deps inspect-evals=={VERSION}`) and pass --data FILE."
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--quiet"]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        ran = subprocess.run(
            [*command, "--dest", str(folder), f"inspect-evals=={VERSION}"], capture_output=True, text=True, timeout=300
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise DataError(f"inspect-evals cannot be fetched ({error})", where=folder, remedy=remedy) from error
    wheel = cached_wheel() if not ran.returncode else None
    if wheel is None:
        said = bounded(ran.stderr.strip()[-300:], 320)
        raise DataError(f"pip did not fetch inspect-evals {VERSION}: {said}", where=folder, remedy=remedy)
    return wheel


def _folder() -> Path:
    if chosen := os.environ.get("LAMFORGE_CACHE"):
        return Path(chosen) / "tau"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "lamforge" / "tau"
