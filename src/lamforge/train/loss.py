"""The loss of a micro-batch: of whole conversations packed into one row, or of many that share a prefix.

Attention is causal, so a conversation's tokens see the prefix and themselves, and the prefix sees only itself: running
it once and letting every conversation continue from its cached keys and values is the same sum, not an approximation,
and gradients flow back through the cache. Conversations of one domain share a system block of two thousand
tokens, most of what they have. Conversations of many domains are packed instead; neither computes a logit that has no
loss.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

IGNORED = -100  # label of a token without a loss, as in transformers
_LARGE = 2**27  # logits; above this the cross-entropy is computed in pieces, so that fp32 copies stay small
_PIECE = 1024  # tokens

Tokens = Sequence[int]
Mask = Sequence[int]  # 1 where there is a loss


def collate_shared(prefix: Tokens, rows: Sequence[tuple[Tokens, Mask]], pad: int, seen: float = 1.0) -> dict[str, Any]:
    """One micro-batch behind a prefix: prefix [1, S], input_ids [N, T] padded on the right, labels [N, T], start [].

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
        labels[number, : len(tokens)] = torch.where(torch.tensor(list(trained)) > 0, ids, IGNORED)
    left = len(prefix) - round(seen * len(prefix))
    end = torch.tensor([list(prefix[left:])], dtype=torch.long)
    count = int((labels[:, 1:] != IGNORED).sum())
    return {"prefix": end, "input_ids": input_ids, "labels": labels, "start": torch.tensor(len(prefix)), "count": count}


def collate_packed(rows: Sequence[tuple[Tokens, Mask]]) -> dict[str, Any]:
    """One packed row: input_ids and position_ids [1, T], segments (tokens of each conversation), and for the K tokens
    with a loss targets [K] and places [K], where each is predicted from. Nothing is padded.
    """
    import numpy as np
    import torch

    tokens = np.concatenate([np.asarray(tokens, dtype=np.int64) for tokens, _ in rows])
    trained = np.concatenate([np.asarray(list(mask), dtype=bool) for _, mask in rows])
    segments = [len(tokens) for tokens, _ in rows]
    starts = np.cumsum([0, *segments[:-1]])
    trained[starts] = False  # nothing stands before the first token of a conversation
    wanted = np.flatnonzero(trained)
    positions = np.arange(len(tokens)) - np.repeat(starts, segments)
    return {
        "input_ids": torch.from_numpy(tokens)[None],
        "position_ids": torch.from_numpy(positions)[None],
        "segments": segments,
        "places": torch.from_numpy(wanted - 1),
        "targets": torch.from_numpy(tokens[wanted]),
        "count": len(wanted),
    }


def packed_logits(model: Any, batch: dict[str, Any]) -> Any:
    """The logits [K, V] at the places of a packed row that have a loss."""
    return model(
        input_ids=batch["input_ids"],
        position_ids=batch["position_ids"],
        logits_to_keep=batch["places"],
        segments=batch["segments"],
        use_cache=False,
    ).logits[0]


def packed_loss(model: Any, batch: dict[str, Any]) -> Any:
    """The summed cross-entropy of a packed row's tokens that have a loss."""
    return cross_entropies(packed_logits(model, batch), batch["targets"]).sum()


def shared_prefix_loss(model: Any, batch: dict[str, Any]) -> Any:
    """The summed cross-entropy over the labelled tokens of a batch of `collate_shared`.

    Args:
        model: A causal language model of transformers, not wrapped for several processes.
    """
    import torch

    prefix, tokens, labels = batch["prefix"], batch["input_ids"], batch["labels"]
    decoder = model.get_decoder()
    cache = None
    if prefix.shape[1]:
        places = torch.arange(prefix.shape[1], device=prefix.device)[None] + batch["start"] - prefix.shape[1]
        cache = decoder(input_ids=prefix, position_ids=places, use_cache=True).past_key_values
        for layer in cache.layers:
            layer.keys = layer.keys.expand(len(tokens), -1, -1, -1)
            layer.values = layer.values.expand(len(tokens), -1, -1, -1)
    positions = torch.arange(tokens.shape[1], device=tokens.device)[None] + batch["start"]
    # Padding is on the right: causal attention alone keeps it from every real token.
    hidden = decoder(
        input_ids=tokens, position_ids=positions, past_key_values=cache, use_cache=cache is not None
    ).last_hidden_state
    targets = labels[:, 1:]
    wanted = targets != IGNORED
    return cross_entropies(model.get_output_embeddings()(hidden[:, :-1][wanted]), targets[wanted]).sum()


def cross_entropies(logits: Any, targets: Any) -> Any:
    """The cross-entropy [K] of each token in fp32; of many logits in pieces whose copies are made again going back."""
    import torch
    from torch.utils.checkpoint import checkpoint

    if logits.numel() <= _LARGE:
        return _each(logits, targets)
    pieces = zip(logits.split(_PIECE), targets.split(_PIECE), strict=True)
    return torch.cat([checkpoint(_each, *piece, use_reentrant=False) for piece in pieces])


def _each(logits: Any, targets: Any) -> Any:
    from torch.nn.functional import cross_entropy

    return cross_entropy(logits.float(), targets, reduction="none")
