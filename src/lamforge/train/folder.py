"""The folder of a run: claimed for one recipe and its data, finished with a result, its model whole or not there."""

from __future__ import annotations

import fcntl
import json
import logging
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import yaml

from lamforge.errors import OutputError, UsageError
from lamforge.formats import Format
from lamforge.journal import write_atomically
from lamforge.train.failures import cannot_save, disk_failed
from lamforge.train.processes import is_main
from lamforge.train.result import BEST, RESULT, TOKENS, TOO_LONG, read_json
from lamforge.train.whole import MARKER

_SAVING = ".saving"
_LEFT = (
    TOO_LONG,
    "reference.json",
    "loss.jsonl",
    "validation.jsonl",
    "loss.png",
)  # by a run that another takes the place of
_log = logging.getLogger(__name__)


@contextmanager
def claimed(out: Path, record: dict[str, Any]) -> Iterator[None]:
    """The folder is this run's own, and no other process's; a run that came to no checkpoint leaves it to the next.

    Raises:
        UsageError: if it holds a run of another recipe or other data, or one that is under way.
        OutputError: if it cannot be created.
    """
    known = out / "run.json"
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot be created: {error.strerror}", where=out, remedy="Choose another --out.") from error
    with ExitStack() as held:
        same = known.exists() and read_json(known) == record
        if known.exists() and not same and _has_begun(out):
            raise UsageError("holds a run of another recipe or other data", where=out, remedy="Choose another --out.")
        if is_main():
            if known.exists():
                held.enter_context(_locked(known))
            if not same:
                if known.exists():
                    _log.warning("%s held a run that came to no checkpoint; this one takes its place", out)
                shutil.rmtree(out / TOKENS, ignore_errors=True)
                for name in _LEFT:
                    (out / name).unlink(missing_ok=True)
                write_atomically(out / "recipe.yaml", yaml.safe_dump(record["recipe"], sort_keys=False))
                write_atomically(known, json.dumps(record, indent=2) + "\n")
                held.enter_context(_locked(known))
        yield


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    """Nobody else has the file; raises UsageError if somebody has, in this process or another."""
    with file.open("rb") as opened:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            remedy = "Wait for it or stop it, or choose another --out."
            raise UsageError("another process is training into it", where=file.parent, remedy=remedy) from error
        except OSError:
            pass  # a file system without locks
        yield


def _has_begun(out: Path) -> bool:
    """Whether a run has left something in its folder that training made."""
    return any((out / name).exists() for name in (RESULT, BEST)) or any(
        any(out.glob(pattern)) for pattern in (f"checkpoints/checkpoint-*/{MARKER}", "*.safetensors")
    )


def finish_model(folder: Path, tokenizer: Any, fmt: Format, recipe_file: Path) -> None:
    """Puts beside the weights of a folder what makes them a model: tokenizer, stop tokens, the format, the recipe."""
    from transformers import GenerationConfig

    tokenizer.save_pretrained(folder)
    stops = tokenizer.convert_tokens_to_ids(list(fmt.stop_tokens))
    GenerationConfig(
        bos_token_id=tokenizer.bos_token_id, eos_token_id=stops, pad_token_id=tokenizer.pad_token_id
    ).save_pretrained(folder)
    (folder / "lamforge.json").write_text(json.dumps({"format": fmt.id}) + "\n", encoding="utf-8")
    shutil.copyfile(recipe_file, folder / "recipe.yaml")


def save_model(out: Path, weights: Path | None, save: Callable[[Path], None], finish: Callable[[Path], None]) -> None:
    """Writes the model beside its place first, then moves the files in, weights last; every process must call it.

    Args:
        weights: A folder of weights to keep, or None for those that `save` writes.
    Raises:
        OutputError: if the disk does not take it; what was whole before still is.
    """
    scratch = out / _SAVING
    try:
        if is_main():
            shutil.rmtree(scratch, ignore_errors=True)
            if weights is not None:
                shutil.copytree(weights, scratch, copy_function=_link)
        if weights is None:
            save(scratch)
        if not is_main():
            return
        finish(scratch)
        for file in sorted(scratch.iterdir(), key=lambda path: path.suffix == ".safetensors"):
            file.replace(out / file.name)
        scratch.rmdir()
    except Exception as error:
        if disk_failed(error):
            raise cannot_save(error, out) from error
        raise


def _link(source: str, target: str) -> None:
    """A second name for a file where the file system allows it, else a copy."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
