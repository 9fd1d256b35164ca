"""The loss of many conversations that share a prefix, the prefix computed once.

Attention is causal, so a conversation's tokens see the prefix and themselves, and the prefix sees only itself: running
it once and letting every conversation continue from its cached keys and values is the same sum, not an approximation,
and gradients flow back through the cache. Conversations of one domain share a system block of two thousand
tokens, most of what they have.
"""

from __future__ import annotations

from typing import Any

IGNORED = -100  # label of a token without a loss, as in transformers


def collate(prefix: list[int], rows: list[tuple[list[int], list[bool]]], pad: int, seen: float = 1.0) -> dict[str, Any]:
    """One micro-batch of tensors: prefix [1, S], input_ids [N, T] padded on the right, labels [N, T], start [].

    Args:
        pad: Token to fill rows up with; it gets no loss.
        seen: Share of the prefix that is in it, its end; positions are those of the whole.
    """
    import torch

    longest = max(len(tokens) for tokens, _ in rows)
    input_ids = torch.full((len(rows), longest), pad)
    labels = torch.full((len(rows), longest), IGNORED)
    for number, (tokens, trained) in enumerate(rows):
        ids = torch.tensor(tokens)
        input_ids[number, : len(tokens)] = ids
        labels[number, : len(tokens)] = torch.where(torch.tensor(trained), ids, IGNORED)
    left = len(prefix) - round(seen * len(prefix))
    end = torch.tensor([prefix[left:]], dtype=torch.long)
    return {"prefix": end, "input_ids": input_ids, "labels": labels, "start": torch.tensor(len(prefix))}


def shared_prefix_loss(model: Any, batch: dict[str, Any]) -> tuple[Any, int]:
    """The summed cross-entropy over the labelled tokens, and their number.

    Args:
        model: A causal language model of transformers.
        batch: What `collate` returns.
    """
    import torch
    import torch.nn.functional as functional

    prefix, tokens, labels = batch["prefix"], batch["input_ids"], batch["labels"]
    cache = None
    if prefix.shape[1]:
        places = torch.arange(prefix.shape[1], device=prefix.device)[None] + batch["start"] - prefix.shape[1]
        cache = model.model(input_ids=prefix, position_ids=places, use_cache=True).past_key_values
        for layer in cache.layers:
            layer.keys = layer.keys.expand(len(tokens), -1, -1, -1)
            layer.values = layer.values.expand(len(tokens), -1, -1, -1)
    positions = torch.arange(tokens.shape[1], device=tokens.device)[None] + batch["start"]
    # Padding is on the right: causal attention alone keeps it from every real token.
    hidden = model.model(
        input_ids=tokens, position_ids=positions, past_key_values=cache, use_cache=cache is not None
    ).last_hidden_state
    targets = labels[:, 1:]
    wanted = targets != IGNORED
    logits = model.lm_head(hidden[:, :-1][wanted])
    return functional.cross_entropy(logits.float(), targets[wanted], reduction="sum"), int(wanted.sum())
