"""The loss of a micro-batch: whole conversations packed into one row, what several begin with once for all of them.

Attention is causal, so a conversation's tokens see the prefix and themselves, and the prefix sees only itself: one
computation of it is the same sum, not an approximation. Conversations of one domain share a system block of two
thousand tokens, most of what they have. No logit is computed that has no loss.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Tokens = Sequence[int]
Mask = Sequence[int]  # 1 where there is a loss


Group = tuple[Tokens, Sequence[tuple[Tokens, Mask]]]  # a prefix, and what follows it


@dataclass(frozen=True)
class Tree:
    """Conversations that begin with the same tokens, in a packed row: those tokens once, then what follows in each."""

    prefix: int  # tokens; 0 for a conversation that shares nothing
    lengths: list[int]  # tokens after it, of each conversation


def alone(rows: Sequence[tuple[Tokens, Mask]]) -> list[Group]:
    """Conversations that share nothing, as groups."""
    return [((), [row]) for row in rows]


def collate_packed(groups: Sequence[Group], seen: float = 1.0, taught: Sequence[int] = ()) -> dict[str, Any]:
    """One packed row: input_ids and position_ids [1, T], trees, and for the K tokens with a loss targets [K] and places
    [K], where each is predicted from. Nothing is padded.

    Args:
        groups: Conversations by the prefix that they share; an empty one where they share nothing.
        seen: Share of each prefix that is in it, its end; positions are those of the whole.
        taught: Numbers of the groups whose prefix has a loss, too, once for all that share it.
    """
    import numpy as np
    import torch

    tokens: list[Any] = []
    positions: list[Any] = []
    places: list[Any] = []
    targets: list[Any] = []
    trees: list[Tree] = []
    end = 0
    for number, (prefix, rows) in enumerate(groups):
        kept = round(seen * len(prefix))
        tokens.append(np.asarray(prefix[len(prefix) - kept :], dtype=np.int64))
        positions.append(np.arange(len(prefix) - kept, len(prefix)))
        if number in taught and kept:
            places.append(np.arange(end, end + kept - 1))  # nothing stands before the first token
            targets.append(tokens[-1][1:])
        last = end + kept - 1  # of the prefix
        end += kept
        for row, mask in rows:
            tokens.append(np.asarray(row, dtype=np.int64))
            positions.append(np.arange(len(prefix), len(prefix) + len(row)))
            wanted = np.flatnonzero(np.asarray(list(mask), dtype=bool))
            wanted = wanted if kept else wanted[wanted > 0]  # nothing stands before the first token
            places.append(np.where(wanted > 0, end + wanted - 1, last))
            targets.append(tokens[-1][wanted])
            end += len(row)
        trees.append(Tree(kept, [len(row) for row, _ in rows]))
    where = np.concatenate(places)
    return {
        "input_ids": torch.from_numpy(np.concatenate(tokens))[None],
        "position_ids": torch.from_numpy(np.concatenate(positions))[None],
        "trees": trees,
        "places": torch.from_numpy(where),
        "targets": torch.from_numpy(np.concatenate(targets)),
        "count": len(where),
    }


def packed_logits(model: Any, batch: dict[str, Any]) -> Any:
    """The logits [K, V] at the places of a packed row that have a loss."""
    return model(
        input_ids=batch["input_ids"],
        position_ids=batch["position_ids"],
        logits_to_keep=batch["places"],
        trees=batch["trees"],
        use_cache=False,
    ).logits.squeeze(0)  # a selection's gradient would be as large, and filled with zeros first


def packed_loss(model: Any, batch: dict[str, Any]) -> Any:
    """The summed cross-entropy of a packed row's tokens that have a loss."""
    from lamforge.train.cross_entropy import cross_entropies

    return cross_entropies(packed_logits(model, batch), batch["targets"]).sum()
