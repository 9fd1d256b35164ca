"""The keys of a GGUF file that are neither tokenizer nor tensors: who the model is, its shape, its positions."""

from __future__ import annotations

from typing import Any

from lamforge import __version__
from lamforge.errors import ModelError
from lamforge.export.identity import Identity
from lamforge.export.layout import kv_heads
from lamforge.export.licences import inherited, licence_id
from lamforge.export.rope import context_length, head_size, original_context, rope_base, rope_scaling


def write_general(writer: Any, identity: Identity, label: str) -> None:
    """Adds who the model is."""
    names = [identity.name, identity.finetune, identity.version]
    writer.add_name(" ".join(name for name in names if name))
    writer.add_basename(identity.name)
    writer.add_size_label(label)
    if identity.finetune:
        writer.add_finetune(identity.finetune)
    writer.add_version(identity.version)
    licence = inherited(identity.base)
    if (chosen := licence_id(identity)) is not None:
        writer.add_license(chosen)
    if licence is not None and licence.name:
        writer.add_license_name(licence.name)
        writer.add_license_link(licence.link)
    writer.add_tags(["tool-calling", "function-calling", "large-action-model"])
    writer.add_quantized_by(f"lamforge {__version__}")
    if identity.hub_base:
        owner, _, name = identity.hub_base.partition("/")
        writer.add_base_model_count(1)
        writer.add_base_model_name(0, name)
        writer.add_base_model_organization(0, owner)
        writer.add_base_model_repo_url(0, f"https://huggingface.co/{identity.hub_base}")


def write_own(writer: Any, format_id: str) -> None:
    """Adds lamforge's keys."""
    writer.add_string("lamforge.format", format_id)
    writer.add_string("lamforge.version", __version__)


def write_shape(writer: Any, config: dict[str, Any]) -> None:
    """Adds the numbers of its shape."""
    size = head_size(config)
    writer.add_vocab_size(config["vocab_size"])
    writer.add_context_length(context_length(config))
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_head_count_kv(kv_heads(config))
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_rope_dimension_count(size)
    if size * config["num_attention_heads"] != config["hidden_size"]:
        writer.add_key_length(size)
        writer.add_value_length(size)


def write_rope(writer: Any, config: dict[str, Any]) -> None:
    """Adds how positions turn, and are stretched.

    Raises:
        ModelError: if they are in a way that a file cannot say.
    """
    import gguf

    writer.add_rope_freq_base(rope_base(config))
    rope = rope_scaling(config)
    if rope["rope_type"] not in ("linear", "yarn"):
        return
    writer.add_rope_scaling_type(gguf.RopeScalingType(rope["rope_type"]))
    writer.add_rope_scaling_factor(float(rope["factor"]))
    if rope["rope_type"] == "linear":
        return
    writer.add_rope_scaling_orig_ctx_len(original_context(config))
    for key, add in (
        ("beta_fast", writer.add_rope_scaling_yarn_beta_fast),
        ("beta_slow", writer.add_rope_scaling_yarn_beta_slow),
    ):
        if rope.get(key) is not None:
            add(float(rope[key]))
    if rope.get("attention_factor") is not None or rope.get("mscale") is not None:
        raise ModelError("rope type yarn with an attention_factor or mscale of its own has no place in a GGUF file")
