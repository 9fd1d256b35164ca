"""GGUF files of a trained model, written with the `gguf` library alone.

Layout and keys: ggml's docs/gguf.md. Beside the standard ones a file carries `lamforge.format`, the id of the format
that it was trained in, so that whoever opens it renders and parses the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lamforge import __version__
from lamforge.errors import ModelError, OutputError, UsageError, bounded
from lamforge.formats import Format, get_format
from lamforge.train import Recipe

TYPES = ("f16", "q8_0")

_LAYER_NAMES = {
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
_OTHER_NAMES = {"model.embed_tokens.weight": "token_embd.weight", "model.norm.weight": "output_norm.weight"}


def export_gguf(model_dir: Path, out: Path, types: tuple[str, ...] = TYPES) -> list[Path]:
    """Writes one GGUF file for each type into the folder `out`, each whole or not at all.

    Args:
        model_dir: A folder that `lamforge train` wrote.
        types: Of "f16" and "q8_0".
    Returns:
        The files, named by the convention <BaseName>-<SizeLabel>-<Version>-<Encoding>.gguf.
    Raises:
        ModelError: if the folder holds no Qwen2 model that lamforge trained.
        OutputError: if a file cannot be written.
    """
    for kind in types:
        if kind not in TYPES:
            raise UsageError(f"GGUF type {bounded(kind)} is unknown", remedy=f"Use one of: {', '.join(TYPES)}.")
    config, tokenizer, fmt, recipe, weights = _read(model_dir)
    files = []
    try:
        out.mkdir(parents=True, exist_ok=True)
        for kind in types:
            target = out / f"{recipe.name}-{size_label(weights)}-{recipe.version}-{kind.upper()}.gguf"
            scratch = target.with_suffix(".partial")
            try:
                _write(scratch, kind, config, tokenizer, fmt, recipe, weights)
                scratch.replace(target)
            finally:
                scratch.unlink(missing_ok=True)
            files.append(target)
    except OSError as error:
        raise OutputError(f"cannot be written: {error.strerror}", where=out, remedy="Choose another --out.") from error
    return files


def size_label(weights: dict[str, Any]) -> str:
    """The number of weights as the naming convention writes it, such as "4M"."""
    count = sum(weight.size for weight in weights.values())
    for unit, name in ((10**9, "B"), (10**6, "M"), (10**3, "K")):
        if count >= unit:
            return f"{count / unit:.1f}{name}" if count < 10 * unit else f"{count / unit:.0f}{name}"
    return str(count)


def _read(model_dir: Path) -> tuple[dict[str, Any], dict[str, Any], Format, Recipe, dict[str, Any]]:
    """The configuration, the tokenizer, the format, the recipe and the weights of a trained model."""
    import yaml
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        config, tokenizer, lamforge = (
            json.loads((model_dir / name).read_text(encoding="utf-8"))
            for name in ("config.json", "tokenizer.json", "lamforge.json")
        )
        recipe = Recipe.model_validate(yaml.safe_load((model_dir / "recipe.yaml").read_text(encoding="utf-8")))
        if config["model_type"] != "qwen2":
            raise ModelError(
                f"model type {bounded(config['model_type'])} cannot be exported; qwen2 can", where=model_dir
            )
        parts = {"vocab", "merges"} - tokenizer["model"].keys() | {"added_tokens"} - tokenizer.keys()
        if parts:
            raise ValueError(f"tokenizer.json has no {', '.join(sorted(parts))}")
        fmt = get_format(lamforge["format"])
        return config, tokenizer, fmt, recipe, load_file(model_dir / "model.safetensors")
    except (OSError, ValueError, KeyError, yaml.YAMLError, SafetensorError) as error:
        raise ModelError(
            f"is no finished model: {f'{error} is missing' if isinstance(error, KeyError) else error}",
            where=model_dir,
            remedy="Finish it with the same `lamforge train` command.",
        ) from error


def _write(
    path: Path,
    kind: str,
    config: dict[str, Any],
    tokenizer: dict[str, Any],
    fmt: Format,
    recipe: Recipe,
    weights: Any,
) -> None:
    import gguf

    writer = gguf.GGUFWriter(str(path), "qwen2")
    _general(writer, gguf, kind, recipe, size_label(weights))
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_head_count_kv(config["num_key_value_heads"])
    rope = config.get("rope_parameters") or {}
    writer.add_rope_freq_base(float(rope.get("rope_theta", config.get("rope_theta", 10_000.0))))
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    _vocabulary(writer, gguf, tokenizer, fmt, config)
    for name, weight in _tensors(weights, config):
        data, ggml_type = _encoded(gguf, weight, kind)
        writer.add_tensor(name, data, raw_dtype=ggml_type)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _general(writer: Any, gguf: Any, kind: str, recipe: Recipe, label: str) -> None:
    writer.add_type(gguf.GGUFType.MODEL)
    writer.add_name(f"{recipe.name} {recipe.version}")
    writer.add_basename(recipe.name)
    writer.add_size_label(label)
    writer.add_version(recipe.version)
    writer.add_license(recipe.license)
    writer.add_tags(["tool-calling", "function-calling", "large-action-model"])
    writer.add_quantized_by(f"lamforge {__version__}")
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16 if kind == "f16" else gguf.LlamaFileType.MOSTLY_Q8_0)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)


def _vocabulary(writer: Any, gguf: Any, tokenizer: dict[str, Any], fmt: Format, config: dict[str, Any]) -> None:
    vocabulary = {**tokenizer["model"]["vocab"], **{t["content"]: t["id"] for t in tokenizer["added_tokens"]}}
    special = {token["id"] for token in tokenizer["added_tokens"] if token["special"]}
    tokens = sorted(vocabulary, key=lambda token: vocabulary[token])
    spare = [f"[UNUSED{number}]" for number in range(len(tokens), config["vocab_size"])]
    kinds = [gguf.TokenType.CONTROL if vocabulary[token] in special else gguf.TokenType.NORMAL for token in tokens]
    merges = [merge if isinstance(merge, str) else " ".join(merge) for merge in tokenizer["model"]["merges"]]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list([*tokens, *spare])
    writer.add_token_types([*kinds, *[gguf.TokenType.UNUSED] * len(spare)])
    writer.add_token_merges(merges)
    writer.add_eos_token_id(vocabulary[fmt.stop_tokens[0]])
    writer.add_pad_token_id(vocabulary[fmt.stop_tokens[1]])
    writer.add_add_bos_token(False)
    writer.add_chat_template(fmt.chat_template)
    writer.add_string("lamforge.format", fmt.id)
    writer.add_string("lamforge.version", __version__)


def _tensors(weights: dict[str, Any], config: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """(GGUF name, weight) for each tensor; Qwen2's rotary layout is llama.cpp's own, so nothing is permuted."""
    for name, weight in weights.items():
        if name in _OTHER_NAMES:
            yield _OTHER_NAMES[name], weight
        elif name == "lm_head.weight":
            if not config.get("tie_word_embeddings"):
                yield "output.weight", weight
        else:
            _, _, layer, rest = name.split(".", 3)
            part, _, suffix = rest.rpartition(".")
            yield f"blk.{layer}.{_LAYER_NAMES[part]}.{suffix}", weight


def _encoded(gguf: Any, weight: Any, kind: str) -> tuple[Any, Any]:
    """The tensor's data and type: vectors stay F32, matrices whose rows do not fill Q8_0's blocks become F16."""
    import numpy

    weight = weight.astype(numpy.float32)
    if weight.ndim == 1:
        return weight, gguf.GGMLQuantizationType.F32
    wanted = gguf.GGMLQuantizationType.Q8_0
    if kind == "f16" or weight.shape[-1] % gguf.GGML_QUANT_SIZES[wanted][0]:
        return weight.astype(numpy.float16), gguf.GGMLQuantizationType.F16
    return gguf.quants.quantize(weight, wanted), wanted
