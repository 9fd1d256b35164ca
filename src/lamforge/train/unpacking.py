"""A GGUF file as a folder to train from: the embedded model has no other form.

Only what `lamforge export gguf` makes of a Qwen2 model is read back: released models have checkpoints of their own, and
rounding to a K-quant is no place to train from.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from pathlib import Path
from typing import Any

from lamforge.engines.gguf_header import Header, read_header
from lamforge.engines.gguf_names import PARTS, WHOLE
from lamforge.engines.open import NANO, embedded_model
from lamforge.errors import TrainingError, bounded
from lamforge.formats import get_format
from lamforge.train.recipe import Recipe
from lamforge.train.tokenizer import make_tokenizer

_EXACT = ("F32", "F16", "BF16", "Q8_0")
_REMEDY = "Train from its checkpoint: a folder with config.json, weights and tokenizer, or hf:owner/name."


def unpacked(recipe: Recipe, folder: Path) -> Recipe:
    """The recipe with a folder as its base, where its base is a GGUF file or "nano"; else the recipe as it is.

    Args:
        folder: Where it goes; what several processes write at the same time becomes one of theirs, whole.
    Raises:
        ModelError: if it is no sound GGUF file.
        TrainingError: if it is not one that training can start from.
    """
    base = recipe.model.base
    if base is None or not (base == NANO or base.endswith(".gguf")):
        return recipe
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=".base.", dir=folder.parent))
        try:
            unpack(embedded_model() if base == NANO else Path(base), scratch)
            with contextlib.suppress(OSError):  # another process was first
                scratch.rename(folder)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    return recipe.model_copy(update={"model": recipe.model.model_copy(update={"base": str(folder)})})


def unpack(path: Path, folder: Path) -> None:
    """Writes configuration, weights in 32 bits and tokenizer of a GGUF file into a folder.

    Raises:
        ModelError: if it is no sound GGUF file.
        TrainingError: if it is not one that training can start from.
    """
    from safetensors.torch import save_file

    header = read_header(path)  # checked before any library sees the file
    said = header.metadata
    if header.architecture != "qwen2" or said.get("tokenizer.ggml.pre") != "qwen2" or "lamforge.format" not in said:
        raise TrainingError("is no Qwen2 model that lamforge exported", where=path, remedy=_REMEDY)
    if any(key.startswith("qwen2.rope.scaling") for key in said):
        raise TrainingError("has stretched positions", where=path, remedy=_REMEDY)
    fmt = get_format(said["lamforge.format"])
    merges, tensors = _contents(path)
    vocabulary = {token: number for number, token in enumerate(header.tokens)}
    try:
        tokenizer = make_tokenizer(vocabulary, merges, fmt, said["qwen2.context_length"])
    except Exception as error:  # the library raises nothing more special
        raise TrainingError(f"its tokenizer makes no sense: {error}", where=path, remedy=_REMEDY) from error
    _config(header, tokenizer, tied="lm_head.weight" not in tensors).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    save_file(tensors, str(folder / "model.safetensors"), metadata={"format": "pt"})


def _contents(path: Path) -> tuple[list[tuple[str, str]], dict[str, Any]]:
    """The merges, and the weights by transformers' names."""
    import gguf
    import torch
    from gguf.quants import dequantize

    reader = gguf.GGUFReader(str(path))
    lines = reader.fields["tokenizer.ggml.merges"].contents()
    pairs = [tuple(line.split(" ")) for line in lines]
    tensors = {}
    for tensor in reader.tensors:
        if tensor.tensor_type.name not in _EXACT:
            raise TrainingError(f"has weights rounded to {tensor.tensor_type.name}", where=path, remedy=_REMEDY)
        weights = dequantize(tensor.data, tensor.tensor_type)
        tensors[_source(tensor.name, path)] = torch.from_numpy(weights.copy()).float()
    return [(first, second) for first, second in pairs], tensors


def _source(name: str, path: Path) -> str:
    """Transformers' name of a tensor."""
    whole = {place: source for source, place in WHOLE.items()}
    if name in whole:
        return whole[name]
    parts = {place: source for source, place in PARTS.items()}
    head, layer, part, suffix = (name.split(".") + [""] * 4)[:4]
    if head != "blk" or part not in parts:
        raise TrainingError(f"tensor {bounded(name)} is none of a Qwen2 model's", where=path, remedy=_REMEDY)
    return f"model.layers.{layer}.{parts[part]}.{suffix}"


def _config(header: Header, tokenizer: Any, tied: bool) -> Any:
    from transformers import Qwen2Config

    said = {key.removeprefix("qwen2."): value for key, value in header.metadata.items() if key.startswith("qwen2.")}
    return Qwen2Config(
        architectures=["Qwen2ForCausalLM"],
        vocab_size=len(header.tokens),
        hidden_size=said["embedding_length"],
        intermediate_size=said["feed_forward_length"],
        num_hidden_layers=said["block_count"],
        num_attention_heads=said["attention.head_count"],
        num_key_value_heads=said["attention.head_count_kv"],
        rms_norm_eps=said["attention.layer_norm_rms_epsilon"],
        max_position_embeddings=said["context_length"],
        rope_parameters={"rope_type": "default", "rope_theta": said["rope.freq_base"]},
        tie_word_embeddings=tied,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
