"""What a finished run says of itself."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lamforge.errors import DataError
from lamforge.journal import write_atomically

RESULT = "result.json"  # written last: a folder that has it is finished
TOO_LONG = "too_long.jsonl"  # place, id and tokens of what is longer than the context
TOKENS = ".tokens"  # folder of what the data were tokenised to
BEST = "best"  # folder of the weights of the best evaluation


@dataclass
class Trained:
    """What a run left behind."""

    out: Path
    kind: str  # sft, dpo or pretrain
    parameters: int
    trained_parameters: int  # fewer with adapters
    steps: int
    loss: float  # mean over the last tenth of the steps, nats a `unit`
    unit: str  # what the loss is the mean over
    seconds: float
    conversations: int  # or texts, or pairs
    tokens: int  # with a loss, of one epoch
    computed_per_token: float  # forward tokens of one epoch for each token of its conversations, padding included
    dropped: int  # conversations longer than the context; `TOO_LONG` names them
    split: int  # conversations that were split because they are longer
    unrendered: int = 0  # conversations with texts beside calls that the format does not write
    resumed_from: int = 0  # step
    stopped_early: bool = False
    processes: int = 1
    best: dict[str, Any] | None = None  # the evaluation whose weights were kept
    evaluations: list[dict[str, Any]] = field(default_factory=list)


def read_json(path: Path) -> Any:
    """The record of a run.

    Raises:
        DataError: if it cannot be read.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError("is not the record of a run", where=path, remedy="Choose another --out.") from error


def read_result(out: Path) -> Trained:
    """What a finished run left.

    Raises:
        DataError: if it cannot be read.
    """
    known = read_json(out / RESULT)
    try:
        return Trained(out=out, **known)
    except TypeError as error:
        raise DataError(
            "is of another version of lamforge", where=out / RESULT, remedy="Choose another --out."
        ) from error


def write_result(trained: Trained) -> None:
    """Says that the run is finished, and removes what only an unfinished one needs."""
    result = {key: value for key, value in vars(trained).items() if key != "out"}
    write_atomically(trained.out / RESULT, json.dumps(result, indent=2) + "\n")
    for name in ("checkpoints", BEST, TOKENS):
        shutil.rmtree(trained.out / name, ignore_errors=True)
