"""Attention of packed rows: each conversation sees itself and the prefix it shares, and only that is computed.

A mask over a whole packed row is as large as the square of the row; here every conversation is one causal call of
PyTorch's fused attention, on any device. Where flash attention is installed it does the same in one kernel.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from lamforge.errors import TrainingError
from lamforge.train.loss import Tree
from lamforge.train.recipe import TrainingRecipe

SEGMENTS = "lamforge_segments"  # the name under which transformers finds it


def attention_of(training: TrainingRecipe) -> str:
    """The name of the attention that a recipe trains with, by which transformers knows it.

    `auto` is `segments`; for packed rows without shared prefixes flash attention where it is installed beside a GPU.

    Raises:
        TrainingError: if the attention does not fit the batching.
    """
    from transformers import AttentionInterface
    from transformers.utils import is_flash_attn_2_available

    chosen = training.attention
    if training.batching == "shared_prefix":
        if chosen not in ("auto", "segments"):
            remedy = "Use segments, or batching=packed."
            raise TrainingError(f"attention={chosen} does not know a shared prefix", remedy=remedy)
        chosen = "segments"
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
    trees: Sequence[Tree] = (),
    **others: Any,
) -> tuple[Any, None]:
    """Attention of rows that hold conversations end to end, as `trees` says; [1, heads, tokens, size]."""
    import torch
    from torch.nn.functional import scaled_dot_product_attention

    attend = partial(
        scaled_dot_product_attention, dropout_p=dropout, scale=scaling, enable_gqa=query.shape[1] != key.shape[1]
    )
    trees = trees or [Tree(0, [query.shape[2]])]
    sizes = [size for tree in trees for size in (tree.prefix, *tree.lengths)]
    pieces = zip(*(each.split(sizes, dim=2) for each in (query, key, value)), strict=True)
    seen = []
    for tree in trees:
        asked, keys, values = next(pieces)
        if tree.prefix:
            seen.append(attend(asked, keys, values, is_causal=True))
        for length in tree.lengths:
            asked, own, said = next(pieces)
            if not tree.prefix:
                seen.append(attend(asked, own, said, is_causal=True))
                continue
            visible = torch.ones(length, tree.prefix + length, dtype=torch.bool, device=asked.device).tril(tree.prefix)
            both = torch.cat([keys, own], dim=2), torch.cat([values, said], dim=2)
            seen.append(attend(asked, *both, attn_mask=visible))
    return torch.cat(seen, dim=2).transpose(1, 2).contiguous(), None
