"""How a model's rotary embeddings are stretched, and how long a context that makes."""

from __future__ import annotations

import math
from typing import Any

from lamforge.errors import ModelError, bounded


def head_size(config: dict[str, Any]) -> int:
    """Numbers of one head."""
    return int(config.get("head_dim") or config["hidden_size"] // config["num_attention_heads"])


def rope_base(config: dict[str, Any]) -> float:
    """The base of the rotary angles."""
    rope = config.get("rope_parameters") or {}
    return float(rope.get("rope_theta", config.get("rope_theta", 10_000.0)))


def rope_scaling(config: dict[str, Any], where: Any = None) -> dict[str, Any]:
    """How positions are stretched, with "rope_type" of "default", "linear", "yarn" or "llama3".

    Raises:
        ModelError: if it is another way.
    """
    rope = dict(config.get("rope_scaling") or config.get("rope_parameters") or {})
    rope["rope_type"] = rope.get("rope_type", rope.get("type", "default"))
    if rope["rope_type"] not in ("default", "linear", "yarn", "llama3"):
        raise ModelError(f"rope type {bounded(rope['rope_type'])} has no place in a GGUF file", where=where)
    needed = {
        "linear": ("factor",),
        "yarn": ("factor",),
        "llama3": ("factor", "low_freq_factor", "high_freq_factor", "original_max_position_embeddings"),
    }.get(rope["rope_type"], ())
    if missing := [key for key in needed if not isinstance(rope.get(key), int | float) or rope[key] <= 0]:
        raise ModelError(f"rope type {rope['rope_type']} needs {missing[0]}, a positive number", where=where)
    return rope


def context_length(config: dict[str, Any]) -> int:
    """Tokens that the model was made for, stretched ones included."""
    length = int(config.get("max_position_embeddings") or 2048)
    rope = rope_scaling(config)
    if rope["rope_type"] == "yarn":
        length = max(length, int(rope["factor"] * original_context(config)))
    return length


def original_context(config: dict[str, Any]) -> int:
    """Tokens that the model was made for before its positions were stretched."""
    return int(rope_scaling(config).get("original_max_position_embeddings") or config["max_position_embeddings"])


def rope_factors(config: dict[str, Any]) -> Any:
    """What Llama 3.1 divides its rotary frequencies by, one number for each pair of a head; None for other models.

    Long waves are stretched by the factor, short ones not at all, those between by a share (Llama 3.1's reference).
    """
    import numpy

    rope = rope_scaling(config)
    if rope["rope_type"] != "llama3":
        return None
    size, base = head_size(config), rope_base(config)
    low, high, factor = rope["low_freq_factor"], rope["high_freq_factor"], rope["factor"]
    made = []
    for pair in range(size // 2):
        wave = 2 * math.pi * base ** (2 * pair / size)
        turns = rope["original_max_position_embeddings"] / wave
        share = min(1.0, max(0.0, (turns - low) / (high - low)))  # of its own frequency that remains
        made.append(1 / ((1 - share) / factor + share))
    return numpy.array(made, dtype=numpy.float32)
