"""Attention of packed rows: each conversation sees itself and nothing else, and only its own squares are computed.

A mask over a whole packed row is as large as the square of the row; here every conversation is one causal call of
PyTorch's fused attention, on any device. Where flash attention is installed it does the same in one kernel.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lamforge.errors import TrainingError
from lamforge.train.recipe import TrainingRecipe

SEGMENTS = "lamforge_segments"  # the name under which transformers finds it


def attention_of(training: TrainingRecipe) -> str:
    """The name of the attention that a recipe trains with, by which transformers knows it.

    `auto` is PyTorch's own for a shared prefix; for packed rows flash attention where it is installed beside a GPU,
    else `segments`.

    Raises:
        TrainingError: if the attention does not fit the batching.
    """
    from transformers import AttentionInterface
    from transformers.utils import is_flash_attn_2_available

    chosen = training.attention
    if training.batching == "shared_prefix":
        if chosen not in ("auto", "sdpa", "eager"):
            remedy = "Use sdpa, or batching=packed."
            raise TrainingError(f"attention={chosen} does not know a shared prefix", remedy=remedy)
        return "sdpa" if chosen == "auto" else chosen
    if chosen == "auto":
        chosen = "flash_attention_2" if is_flash_attn_2_available() else "segments"
    AttentionInterface.register(SEGMENTS, _segments_attention)
    return SEGMENTS if chosen == "segments" else chosen


def _segments_attention(
    module: Any,
    query: Any,
    key: Any,
    value: Any,
    attention_mask: Any,
    dropout: float = 0.0,
    scaling: float | None = None,
    segments: Sequence[int] = (),
    **others: Any,
) -> tuple[Any, None]:
    """Attention of rows that hold conversations end to end, of the lengths `segments`; [1, heads, tokens, size]."""
    import torch
    from torch.nn.functional import scaled_dot_product_attention

    lengths = list(segments) or [query.shape[2]]
    grouped = query.shape[1] != key.shape[1]
    pieces = zip(*(each.split(lengths, dim=2) for each in (query, key, value)), strict=True)
    seen = [
        scaled_dot_product_attention(q, k, v, dropout_p=dropout, is_causal=True, scale=scaling, enable_gqa=grouped)
        for q, k, v in pieces
    ]
    return torch.cat(seen, dim=2).transpose(1, 2).contiguous(), None
