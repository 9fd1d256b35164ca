"""The folder of one evaluation: made, and claimed by how its results are made."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from lamforge.errors import DataError, OutputError, UsageError
from lamforge.journal import write_atomically


def create(out: Path) -> None:
    """Makes the folder if it is not there.

    Raises:
        OutputError: if it cannot be made.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        remedy = "Choose another --out, or free its place."
        raise OutputError(f"cannot be created: {error.strerror}", where=out, remedy=remedy) from error


def claim(manifest: Path, config: dict[str, Any]) -> None:
    """Makes the folder this run's own, or sees that it is.

    Raises:
        DataError: if the manifest cannot be read.
        UsageError: naming what differs, if the folder holds another run.
    """
    if not manifest.exists():
        write_atomically(manifest, json.dumps(config, indent=2) + "\n")
        return
    try:
        known = dict(json.loads(manifest.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise DataError("is not the record of a run", where=manifest, remedy="Choose another --out.") from error
    wanted = json.loads(json.dumps(config))
    if differing := [key for key in {**wanted, **known} if known.get(key) != wanted.get(key)]:
        raise UsageError(
            f"holds another run (different {', '.join(differing)})",
            where=manifest.parent,
            remedy="Choose another --out.",
        )
