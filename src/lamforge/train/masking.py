"""One conversation as a model is trained on it: its tokens, and which of them have a loss."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

from lamforge.data import RowMaker
from lamforge.errors import TrainingError, UsageError
from lamforge.formats import get_format
from lamforge.messages import Trajectory
from lamforge.train.fitness import check_tokenizer
from lamforge.train.model_recipe import ModelRecipe
from lamforge.train.start import SAFE

_ALL = 10**9  # tokens: nothing is too long to look at


class Piece(NamedTuple):
    """One token; its text is empty where a character needs several, but for the last of them."""

    token: int
    text: str
    trained: bool


def mask_of(trajectory: Trajectory, model: Path, format: str | None) -> tuple[list[Piece], str]:
    """The tokens of a conversation in a model's folder's tokenizer, and the format's id.

    Raises:
        TrainingError: if the folder has no tokenizer of the format's family.
        DataError: if training would refuse the conversation.
    """
    from transformers import AutoTokenizer

    if not model.is_dir():
        raise TrainingError("there is no such folder", where=model, remedy="Name a model's folder.")
    fmt = get_format(format or _own_format(model))
    try:
        tokenizer = AutoTokenizer.from_pretrained(model, **SAFE)
    except (OSError, ValueError) as error:
        raise TrainingError(f"has no tokenizer: {error}", where=model) from error
    check_tokenizer(tokenizer, fmt, ModelRecipe.model_validate({"base": str(model), "replace_template": bool(format)}))
    maker = RowMaker(fmt, tokenizer, _ALL)
    ((row,),) = maker.add([("", trajectory)])
    prefix = maker.data.prefixes[row.prefix]
    tokens = list(prefix + row.tokens)
    mask = [False] * len(prefix) + [bool(each) for each in row.trained]
    pieces, waiting = [], []
    for token, trained in zip(tokens, mask, strict=True):
        waiting.append(token)
        text = str(tokenizer.decode(waiting, clean_up_tokenization_spaces=False))
        whole = not text.endswith("\ufffd") or len(waiting) > 4
        pieces.append(Piece(token, text if whole else "", trained))
        waiting = [] if whole else waiting
    return pieces, fmt.id


def _own_format(model: Path) -> str:
    try:
        return str(json.loads((model / "lamforge.json").read_text(encoding="utf-8"))["format"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(
            "does not say its format", where=model, remedy="Give --format, such as xlam-qwen/hf."
        ) from error
