"""Supervised fine-tuning on assistant tokens: transformers' Trainer over shared-prefix batches, resumable."""

from __future__ import annotations

import json
import math
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from lamforge.data import Rows, data_hash, make_batches, make_rows
from lamforge.errors import DataError, MissingExtraError, OutputError, TrainingError, UsageError
from lamforge.formats import Format, get_format
from lamforge.journal import write_atomically
from lamforge.train.recipe import Recipe
from lamforge.train.start import starting_point

_RESULT = "result.json"  # written last: a folder that has it is finished

Progress = Callable[[int, int, str], None]  # (steps done, steps of the run, note such as the loss)


@dataclass
class Trained:
    """What a run left behind."""

    out: Path
    parameters: int
    steps: int
    loss: float  # mean over the last tenth of the steps, nats a trained token
    seconds: float
    conversations: int
    tokens: int  # trained tokens of one epoch
    computed_per_unique_token: float  # forward tokens per unique token of the data, padding and prefixes included
    dropped: int  # conversations longer than the context
    resumed_from: int = 0  # step


def train_sft(recipe: Recipe, data: list[Path], out: Path, *, progress: Progress | None = None) -> Trained:
    """Trains a model into `out`; the same call resumes a run that was interrupted, from its last whole checkpoint.

    A finished run is not repeated: its result is read back.

    Raises:
        MissingExtraError: if torch and transformers are not installed.
        UsageError: if `out` holds a run of another recipe or other data.
        DataError: if the data are wrong or empty, or what `out` says of its run cannot be read.
        TrainingError: if the loss is not finite, or the base model does not fit the format.
    """
    require_train_extra("training")
    from lamforge.train.trainer import run

    record = {"recipe": recipe.model_dump(mode="json"), "data": data_hash(data)}
    _claim(out, record)
    if (out / _RESULT).exists():
        return _read_result(out)
    fmt = get_format(recipe.format)
    tokenizer, model = starting_point(recipe, data, fmt)
    rows = make_rows(data, fmt, tokenizer, recipe.model.context_length)
    started = time.monotonic()
    outcome = run(recipe, model, tokenizer.pad_token_id, rows, out, progress)
    _save(out, model, tokenizer, fmt)
    trained = Trained(
        out=out,
        parameters=sum(weight.numel() for weight in model.parameters()),
        steps=outcome.steps,
        loss=outcome.loss,
        seconds=time.monotonic() - started,
        conversations=len(rows.rows),
        tokens=rows.trained_tokens,
        computed_per_unique_token=forward_tokens(rows, recipe) / rows.unique_tokens,
        dropped=len(rows.dropped),
        resumed_from=outcome.resumed_from,
    )
    result = {key: value for key, value in vars(trained).items() if key != "out"}
    write_atomically(out / _RESULT, json.dumps(result, indent=2) + "\n")
    shutil.rmtree(out / "checkpoints", ignore_errors=True)
    return trained


def forward_tokens(rows: Rows, recipe: Recipe) -> int:
    """Tokens that one epoch computes: each micro-batch's prefix once, and its rows padded to the longest."""
    total = 0
    for batch in make_batches(rows, recipe.training.batch_tokens, recipe.training.seed):
        lengths = [len(rows.rows[index].tokens) for index in batch]
        total += len(rows.prefixes[rows.rows[batch[0]].prefix]) + max(lengths) * len(lengths)
    return total


def require_train_extra(what: str) -> None:
    """Makes torch and transformers ready, and quiet.

    Raises:
        MissingExtraError: saying what needs them.
    """
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    try:
        import torch  # noqa: F401
        import transformers
    except ImportError as error:
        raise MissingExtraError(
            f"{what} needs {error.name}", remedy="Install it with `pip install 'lamforge[train]'`."
        ) from error
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()


def _claim(out: Path, record: dict[str, Any]) -> None:
    """Makes the folder this run's own."""
    known = out / "run.json"
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot be created: {error.strerror}", where=out, remedy="Choose another --out.") from error
    if known.exists():
        if _read_json(known) != record:
            raise UsageError("holds a run of another recipe or other data", where=out, remedy="Choose another --out.")
    else:
        write_atomically(out / "recipe.yaml", yaml.safe_dump(record["recipe"], sort_keys=False))
        write_atomically(known, json.dumps(record, indent=2) + "\n")


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError("is not the record of a run", where=path, remedy="Choose another --out.") from error


def _read_result(out: Path) -> Trained:
    known = _read_json(out / _RESULT)
    try:
        return Trained(out=out, **known)
    except TypeError as error:
        raise DataError(
            "is of another version of lamforge", where=out / _RESULT, remedy="Choose another --out."
        ) from error


def _save(out: Path, model: Any, tokenizer: Any, fmt: Format) -> None:
    """Writes the model beside its place first, then moves the files in, weights last."""
    scratch = out / ".saving"
    shutil.rmtree(scratch, ignore_errors=True)
    model.generation_config.eos_token_id = tokenizer.convert_tokens_to_ids(list(fmt.stop_tokens))
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    try:
        model.save_pretrained(scratch)
        tokenizer.save_pretrained(scratch)
        (scratch / "lamforge.json").write_text(json.dumps({"format": fmt.id}) + "\n", encoding="utf-8")
        for file in sorted(scratch.iterdir(), key=lambda path: path.suffix == ".safetensors"):
            file.replace(out / file.name)
        scratch.rmdir()
    except OSError as error:
        raise OutputError(f"cannot be written: {error.strerror}", where=out) from error


def check_finite(loss: float, gradient_norm: float, step: int) -> None:
    """Stops a run that has nothing left to learn from: weights are lost with the first gradient that is not finite.

    Raises:
        TrainingError: if the loss or the gradient's norm is not a finite number.
    """
    for name, value in (("loss", loss), ("gradient's norm", gradient_norm)):
        if not math.isfinite(value):
            raise TrainingError(
                f"the {name} is {value} at step {step}",
                remedy="Train into another folder with a lower training.learning_rate.",
            )
