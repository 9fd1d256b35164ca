"""A model's Hugging Face folder, read piece by piece: no more of its weights is in memory than was asked for.

It knows the folder's files and nothing of GGUF.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lamforge.engines.diagnosis import diagnose
from lamforge.errors import ModelError, bounded
from lamforge.formats import Format, get_format

_INDEX = "model.safetensors.index.json"
_WEIGHTS = "model.safetensors"
_FLOATS = ("F32", "F16", "BF16", "F64")  # what safetensors calls the types that weights may have
_REMEDY = "Finish it with the same `lamforge train` command, or download it again."


@dataclass(frozen=True)
class Checkpoint:
    """What a folder holds; weights stay on the disk."""

    folder: Path
    config: dict[str, Any]  # config.json
    tokenizer: dict[str, Any]  # tokenizer.json
    settings: dict[str, Any]  # tokenizer_config.json
    chat_template: str | None
    format: Format
    files: dict[str, Path]  # the file of each tensor
    shapes: dict[str, tuple[int, ...]]

    @property
    def parameters(self) -> int:
        """The number of weights."""
        return sum(_product(shape) for shape in self.shapes.values())

    @property
    def tied(self) -> bool:
        """Whether the embeddings are the output's weights, too."""
        return bool(self.config.get("tie_word_embeddings")) or "lm_head.weight" not in self.shapes

    def weights(self, name: str, start: int = 0, stop: int | None = None) -> Any:
        """Rows `start` to `stop` of a tensor, as a numpy array of 32-bit floats.

        Raises:
            ModelError: if a weight is no finite number.
        """
        import torch
        from safetensors import safe_open

        with safe_open(str(self.files[name]), framework="pt") as file:
            piece = file.get_slice(name)[start:stop].to(torch.float32).contiguous().numpy()
        return self.finite(piece, name, self.files[name])

    @staticmethod
    def finite(piece: Any, name: str, file: Path) -> Any:
        """Weights as they are; raises ModelError if one is no finite number."""
        import numpy

        if not numpy.isfinite(piece).all():
            raise ModelError(
                f"tensor {bounded(name)} holds weights that are no finite numbers",
                where=file,
                remedy="Train again with a lower learning rate.",
            )
        return piece


def read_checkpoint(folder: Path, format: str | None = None) -> Checkpoint:
    """Reads all of a model's folder but its weights.

    Args:
        format: The id of the format it was trained in, if its files do not say.
    Raises:
        ModelError: if it is no whole model, or nothing says in which format it was trained.
    """
    if folder.is_file():
        remedy = "Name the folder that it was made from." if folder.suffix == ".gguf" else _REMEDY
        raise ModelError("is a file, and no folder of a model", where=folder, remedy=remedy)
    try:
        config, tokenizer = (_object(folder / name) for name in ("config.json", "tokenizer.json"))
        settings = _object(folder / "tokenizer_config.json") if (folder / "tokenizer_config.json").exists() else {}
        if "model_type" not in config:
            raise ValueError("config.json has no model_type")
        parts = {"vocab", "merges"} - tokenizer.get("model", {}).keys() | {"added_tokens"} - tokenizer.keys()
        if parts:
            raise ValueError(f"tokenizer.json has no {', '.join(sorted(parts))}")
        files = _files(folder)
        shapes = {name: shape for file in set(files.values()) for name, shape in _shapes(file).items()}
        if missing := [name for name in files if name not in shapes]:
            raise ValueError(f"{_INDEX} names {bounded(missing[0])}, which is in no file")
    except (OSError, ValueError, RecursionError) as error:
        raise ModelError(f"is no finished model: {error}", where=folder, remedy=_REMEDY) from error
    template = folder / "chat_template.jinja"
    own = template.read_text(encoding="utf-8") if template.is_file() else settings.get("chat_template")
    fmt = folder_format(folder, format)
    chat_template = own if isinstance(own, str) else None
    return Checkpoint(folder, config, tokenizer, settings, chat_template, fmt, files, shapes)


def _object(path: Path) -> dict[str, Any]:
    value = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(value, dict):
        raise ValueError(f"{path.name} is no JSON object")
    return value


def _files(folder: Path) -> dict[str, Path]:
    """The file of each tensor, one for all or as the index says."""
    if not (folder / _INDEX).exists():
        return dict.fromkeys(_shapes(folder / _WEIGHTS), folder / _WEIGHTS)
    index = _object(folder / _INDEX).get("weight_map")
    if not isinstance(index, dict) or not all(
        isinstance(name, str) and Path(name).name == name for name in index.values()
    ):
        raise ValueError(f"{_INDEX} names files outside of the folder, or none")
    return {tensor: folder / name for tensor, name in index.items()}


def _shapes(file: Path) -> dict[str, tuple[int, ...]]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(str(file), framework="pt") as opened:
            slices = {name: opened.get_slice(name) for name in opened.keys()}  # noqa: SIM118 - it is no dict
            for name, piece in slices.items():
                if piece.get_dtype() not in _FLOATS:
                    raise ValueError(f"tensor {bounded(name)} is {piece.get_dtype()}: it is quantised already")
            return {name: tuple(piece.get_shape()) for name, piece in slices.items()}
    except SafetensorError as error:
        raise ValueError(f"{file.name}: {error}") from error


def folder_format(folder: Path, format: str | None = None) -> Format:
    """The format named, or else the one that the folder was trained in.

    Raises:
        ModelError: if nothing says it.
    """
    if format is not None:
        return get_format(format)
    found = diagnose(folder)
    if found.format is None:
        raise ModelError(
            f"nothing says in which format it was trained: {found.verdict.why}",
            where=folder,
            remedy="Name it with --format, such as xlam-qwen/hf; `lamforge doctor` compares its template with all.",
        )
    return found.format


def _product(shape: tuple[int, ...]) -> int:
    count = 1
    for size in shape:
        count *= size
    return count
