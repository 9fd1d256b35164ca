"""Checkpoints that are whole: everything in them is on the disk before the marker is, and the marker says what it is.

The marker has each file's size, and the SHA-256 of all up to a gibibyte: hashing a large model's at each checkpoint
would take longer than writing them. What does not match it is passed over for an older checkpoint.
"""

from __future__ import annotations

import json
import logging
import shutil
from pathlib import Path
from typing import Any

from lamforge.errors import TrainingError
from lamforge.journal import write_atomically
from lamforge.journal.atomic import sync
from lamforge.messages import file_sha256
from lamforge.train.processes import is_main

MARKER = "whole"  # holds the seconds trained so far, the log, the evaluations, and what the files are
_HASHED = 1 << 30  # bytes of a file, at most
_log = logging.getLogger(__name__)


def last_checkpoint(folder: Path) -> tuple[Path | None, dict[str, Any]]:
    """The latest whole checkpoint and what its marker says; damaged ones are passed over, with a warning."""
    marked = [path.parent for path in folder.glob(f"checkpoint-*/{MARKER}")]
    for checkpoint in sorted(marked, key=step_of, reverse=True):
        try:
            return checkpoint, _checked(checkpoint)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            if is_main():
                _log.warning("%s is damaged and passed over: %s", checkpoint, error)
    return None, {"seconds": 0.0, "log": [], "evaluations": []}


def step_of(checkpoint: Path | None) -> int:
    """The step that a checkpoint was written at; 0 for none."""
    number = checkpoint.name.rpartition("-")[2] if checkpoint else ""
    return int(number) if number.isdecimal() else 0


def mark_whole(checkpoint: Path, record: dict[str, Any]) -> None:
    """Makes all files of a checkpoint durable, then its marker, which holds `record`."""
    files = sorted(path for path in checkpoint.rglob("*") if path.is_file() and path.name != MARKER)
    for file in files:
        sync(file)
    for each in {checkpoint, checkpoint.parent, *(file.parent for file in files)}:
        sync(each)
    known = {file.relative_to(checkpoint).as_posix(): _described(file) for file in files}
    write_atomically(checkpoint / MARKER, json.dumps({**record, "files": known}))


def remove_others(folder: Path, keep: Path | None, before: int | None = None) -> None:
    """Removes all checkpoints but one; those alone of steps `before` another, if that is given."""
    for other in folder.glob("checkpoint-*"):
        if other != keep and (before is None or step_of(other) < before):
            (other / MARKER).unlink(missing_ok=True)  # first, so that a half-removed one is not taken for whole
            shutil.rmtree(other, ignore_errors=True)


def cannot_resume(error: Exception, checkpoint: Path) -> TrainingError:
    """The error for a checkpoint that is what its marker says, and that PyTorch cannot load all the same."""
    return TrainingError(
        f"cannot be loaded: {type(error).__name__}: {error}",
        where=checkpoint,
        remedy="Remove that folder: the same command goes on from the checkpoint before it, or begins again.",
    )


def _checked(checkpoint: Path) -> dict[str, Any]:
    """What the marker says; raises ValueError naming the file that is not what it was, or OSError if it is gone."""
    record: dict[str, Any] = json.loads((checkpoint / MARKER).read_text(encoding="utf-8"))
    for name, known in record.pop("files").items():
        if _described(checkpoint / name) != known:
            raise ValueError(f"{name} is not what was written")
    if not {"seconds", "log", "evaluations"} <= record.keys():
        raise ValueError(f"{MARKER} is not what was written")
    return record


def _described(file: Path) -> list[Any]:
    size = file.stat().st_size
    return [size, file_sha256(file) if size <= _HASHED else None]
