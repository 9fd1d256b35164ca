"""Where a checkpoint's tensors stand in a GGUF file, and the numbers of its shape: Qwen2's and Llama's layouts.

Names and keys: ggml's docs/gguf.md. llama.cpp turns neighbouring pairs of a Llama's query and key rows, transformers
the two halves of a head, so those rows change their order; for Qwen2 both turn halves.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from lamforge.engines.gguf_names import PARTS, WHOLE
from lamforge.errors import ModelError, bounded
from lamforge.export.checkpoint import Checkpoint
from lamforge.export.encodings import Shape
from lamforge.export.rope import head_size, rope_scaling

ARCHITECTURES = {"qwen2": False, "llama": True}  # whether rows of queries and keys change their order
_DERIVED = "rotary_emb.inv_freq"  # in some older files, computed from the configuration by everyone
_LAYER = "model.layers."


class Tensor(NamedTuple):
    """One tensor of the file."""

    name: str  # in the file
    source: str  # in the checkpoint
    shape: tuple[int, ...]
    heads: int  # whose rows change their order; 0 for none


def check_config(config: dict[str, Any], where: Any) -> None:
    """Accepts what llama.cpp computes as transformers does.

    Raises:
        ModelError: if the model is of another architecture, or uses what a GGUF file cannot say.
    """
    kind = config.get("model_type")
    if kind not in ARCHITECTURES:
        known = " and ".join(ARCHITECTURES)
        raise ModelError(f"model type {bounded(kind)} cannot be exported; {known} can", where=where)
    if config.get("use_sliding_window") or "sliding_attention" in (config.get("layer_types") or ()):
        raise ModelError("uses a sliding window, which llama.cpp does not compute for its architecture", where=where)
    if config.get("hidden_act", "silu") != "silu":
        raise ModelError(f"its activation {bounded(config['hidden_act'])} is not silu", where=where)
    needed = (
        "hidden_size",
        "intermediate_size",
        "num_hidden_layers",
        "num_attention_heads",
        "vocab_size",
        "rms_norm_eps",
    )
    if missing := [key for key in needed if not isinstance(config.get(key), int | float)]:
        raise ModelError(f"config.json has no {missing[0]}", where=where)
    if kind == "qwen2" and head_size(config) * config["num_attention_heads"] != config["hidden_size"]:
        raise ModelError("its heads do not make up hidden_size, as llama.cpp wants of qwen2", where=where)
    rope_scaling(config, where)


def model_shape(config: dict[str, Any], tied: bool) -> Shape:
    """What the mixtures of types depend on."""
    return Shape(config["num_hidden_layers"], config["num_attention_heads"] // kv_heads(config), tied)


def kv_heads(config: dict[str, Any]) -> int:
    """Heads of keys and values; as many as of queries unless said otherwise."""
    return int(config.get("num_key_value_heads") or config["num_attention_heads"])


def tensors(checkpoint: Checkpoint) -> list[Tensor]:
    """All tensors of the file but the one of `rope_factors`, as they stand in it: embeddings, layers, output.

    Raises:
        ModelError: if the checkpoint lacks one, has one that no file of its architecture has, or one of another shape.
    """
    found = {name: place for name in checkpoint.shapes if (place := _place(name, checkpoint)) is not None}
    missing = [name for name in _needed(checkpoint.config, checkpoint.tied) if name not in found.values()]
    if missing:
        raise ModelError(f"has no weights for {bounded(missing[0])}", where=checkpoint.folder)
    config, permuted = checkpoint.config, ARCHITECTURES[checkpoint.config["model_type"]]
    heads = {"attn_q": config["num_attention_heads"], "attn_k": kv_heads(config)} if permuted else {}
    rows = [
        Tensor(name, source, checkpoint.shapes[source], heads.get(name.split(".")[-2], 0))
        for source, name in found.items()
    ]
    for row in rows:
        _check_shape(row, checkpoint)
    return sorted(rows, key=lambda row: _order(row.name))


def _place(name: str, checkpoint: Checkpoint) -> str | None:
    """A tensor's name in the file; None if it has no place there because another one says the same."""
    if name.endswith(_DERIVED) or (name == "lm_head.weight" and checkpoint.tied):
        return None
    if name in WHOLE:
        return WHOLE[name]
    if name.startswith(_LAYER):
        layer, _, rest = name.removeprefix(_LAYER).partition(".")
        part, _, suffix = rest.rpartition(".")
        if layer.isdecimal() and part in PARTS and suffix in ("weight", "bias"):
            return f"blk.{layer}.{PARTS[part]}.{suffix}"
    raise ModelError(f"tensor {bounded(name)} has no place in a GGUF file", where=checkpoint.files[name])


def _needed(config: dict[str, Any], tied: bool) -> Iterator[str]:
    yield from (name for name in WHOLE.values() if not (tied and name == "output.weight"))
    for layer in range(config["num_hidden_layers"]):
        yield from (f"blk.{layer}.{part}.weight" for part in PARTS.values())


def _check_shape(tensor: Tensor, checkpoint: Checkpoint) -> None:
    config, size = checkpoint.config, head_size(checkpoint.config)
    hidden, inner = config["hidden_size"], config["intermediate_size"]
    queries, keys = config["num_attention_heads"] * size, kv_heads(config) * size
    expected = {
        "token_embd": (config["vocab_size"], hidden),
        "output": (config["vocab_size"], hidden),
        "attn_q": (queries, hidden),
        "attn_k": (keys, hidden),
        "attn_v": (keys, hidden),
        "attn_output": (hidden, queries),
        "ffn_gate": (inner, hidden),
        "ffn_up": (inner, hidden),
        "ffn_down": (hidden, inner),
    }.get(tensor.name.split(".")[-2], (hidden,))
    if tensor.name.endswith(".bias"):
        expected = expected[:1]
    if tensor.shape != expected:
        raise ModelError(
            f"tensor {bounded(tensor.source)} has the shape {list(tensor.shape)}; config.json says {list(expected)}",
            where=checkpoint.files[tensor.source],
        )


def _order(name: str) -> tuple[int, int, str]:
    if not name.startswith("blk."):
        return (0 if name == "token_embd.weight" else 2, 0, name)
    return (1, int(name.split(".")[1]), name)


def reordered(rows: Any, heads: int) -> Any:
    """Rows of queries or keys with the two halves of each head interleaved."""
    count = rows.shape[0]
    return rows.reshape(heads, 2, count // heads // 2, *rows.shape[1:]).swapaxes(1, 2).reshape(rows.shape)
