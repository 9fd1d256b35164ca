"""The folder of a run: claimed for one recipe and its data, finished with a result, its model whole or not there."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from lamforge.errors import OutputError, UsageError
from lamforge.formats import Format
from lamforge.journal import write_atomically
from lamforge.train.failures import cannot_save, disk_failed
from lamforge.train.processes import is_main
from lamforge.train.result import read_json

_SAVING = ".saving"


def claim(out: Path, record: dict[str, Any]) -> None:
    """Makes the folder this run's own.

    Raises:
        UsageError: if it holds a run of another recipe or other data.
        OutputError: if it cannot be created.
    """
    known = out / "run.json"
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot be created: {error.strerror}", where=out, remedy="Choose another --out.") from error
    if known.exists():
        if read_json(known) != record:
            raise UsageError("holds a run of another recipe or other data", where=out, remedy="Choose another --out.")
    elif is_main():
        write_atomically(out / "recipe.yaml", yaml.safe_dump(record["recipe"], sort_keys=False))
        write_atomically(known, json.dumps(record, indent=2) + "\n")


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
