"""A folder as the Hugging Face hub has them: sharded safetensors, tokenizer, chat template, configurations.

A LoRA adapter is merged on the way. No more than one file of weights is in memory at a time.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lamforge.errors import OutputError, UsageError, bounded
from lamforge.export.adapter import open_checkpoint
from lamforge.export.checkpoint import Checkpoint
from lamforge.export.layout import check_config

DTYPES = {"f32": "float32", "f16": "float16", "bf16": "bfloat16"}
_SHARD = 5 * 10**9  # bytes of one file of weights, as transformers has them
_COPIED = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "recipe.yaml")
_WIDTH = {"float32": 4, "float16": 2, "bfloat16": 2}

Progress = Callable[[int, int, str], None]  # (weights written, weights of the model, file)


def export_hf(
    model_dir: Path,
    out: Path,
    *,
    base: Path | None = None,
    format: str | None = None,
    dtype: str = "bf16",
    shard_bytes: int = _SHARD,
    progress: Progress | None = None,
) -> Path:
    """Writes a model's folder anew: whole, or not there at all.

    Args:
        model_dir: A model's folder, or a LoRA adapter's, which is merged into its base.
        dtype: Of the weights: bf16, f16 or f32.
    Raises:
        UsageError: if `out` holds something else, or the dtype is unknown.
        ModelError: if the folder holds no whole model.
        OutputError: if a file cannot be written.
    """
    if dtype not in DTYPES:
        raise UsageError(f"dtype {bounded(dtype)} is unknown", remedy=f"Use one of: {', '.join(DTYPES)}.")
    if out.exists() and not (out / "config.json").exists() and any(out.iterdir()):
        raise UsageError("is a folder of something else", where=out, remedy="Choose another --out.")
    if out.resolve() == model_dir.resolve():
        raise UsageError("is the model's own folder", where=out, remedy="Choose another --out.")
    checkpoint = open_checkpoint(model_dir, base, format)
    check_config(checkpoint.config, model_dir)
    scratch = out.with_name(f".{out.name}.partial")
    try:
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(parents=True)
        _write_weights(checkpoint, scratch, DTYPES[dtype], shard_bytes, progress)
        _write_rest(checkpoint, model_dir, scratch, DTYPES[dtype])
        _move(scratch, out)
    except OSError as error:
        raise OutputError(f"cannot be written: {error.strerror}", where=out, remedy="Choose another --out.") from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return out


def _write_weights(
    checkpoint: Checkpoint, folder: Path, dtype: str, shard_bytes: int, progress: Progress | None
) -> None:
    import torch
    from safetensors.torch import save_file

    shards = _shards(checkpoint, _WIDTH[dtype], shard_bytes)
    done = 0
    index: dict[str, str] = {}
    for number, names in enumerate(shards, start=1):
        end = f"-{number:05d}-of-{len(shards):05d}" if len(shards) > 1 else ""
        file = f"model{end}.safetensors"
        pieces = {name: torch.from_numpy(checkpoint.weights(name)).to(getattr(torch, dtype)) for name in names}
        save_file(pieces, str(folder / file), metadata={"format": "pt"})
        index |= dict.fromkeys(names, file)
        done += sum(piece.numel() for piece in pieces.values())
        if progress is not None:
            progress(done, checkpoint.parameters, file)
    if len(shards) > 1:
        total = checkpoint.parameters * _WIDTH[dtype]
        _write_json(folder / "model.safetensors.index.json", {"metadata": {"total_size": total}, "weight_map": index})


def _shards(checkpoint: Checkpoint, width: int, limit: int) -> list[list[str]]:
    """Tensors in the order of their names, so many to a file as fit."""
    shards: list[list[str]] = [[]]
    room = limit
    for name in sorted(checkpoint.shapes):
        if checkpoint.tied and name == "lm_head.weight":
            continue
        size = width
        for side in checkpoint.shapes[name]:
            size *= side
        if size > room and shards[-1]:
            shards.append([])
            room = limit
        shards[-1].append(name)
        room -= size
    return shards


def _write_rest(checkpoint: Checkpoint, model_dir: Path, folder: Path, dtype: str) -> None:
    config = {
        key: value for key, value in checkpoint.config.items() if key not in ("torch_dtype", "quantization_config")
    }
    _write_json(folder / "config.json", config | {"dtype": dtype})
    for name in _COPIED:  # an adapter's folder wins over its base's
        source = next((path / name for path in (model_dir, checkpoint.folder) if (path / name).is_file()), None)
        if source is not None:
            shutil.copyfile(source, folder / name)
    template = checkpoint.chat_template or checkpoint.format.chat_template
    (folder / "chat_template.jinja").write_text(template, encoding="utf-8")
    _write_json(folder / "generation_config.json", _generation(checkpoint))
    _write_json(folder / "lamforge.json", {"format": checkpoint.format.id})


def _generation(checkpoint: Checkpoint) -> dict[str, Any]:
    """What ends an answer, beside what the folder says of sampling."""
    path = checkpoint.folder / "generation_config.json"
    known = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    ids = {token["content"]: token["id"] for token in checkpoint.tokenizer["added_tokens"]}
    ends = [ids[token] for token in checkpoint.format.stop_tokens if token in ids]
    return known | ({"eos_token_id": ends} if ends else {})


def _move(scratch: Path, out: Path) -> None:
    """Puts the new files in place, the configuration last: without it a folder is no model."""
    out.mkdir(parents=True, exist_ok=True)
    for old in out.glob("model*.safetensors*"):
        old.unlink()
    for file in sorted(scratch.iterdir(), key=lambda path: path.name == "config.json"):
        file.replace(out / file.name)


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
