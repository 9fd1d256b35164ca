"""Learning from pairs: direct preference optimisation (Rafailov and others, arXiv 2305.18290) of whole conversations.

What counts of a conversation is what the assistant wrote in it, by the same masks as in supervised fine-tuning; users'
words and tools' results are its circumstances.
"""

from __future__ import annotations

from typing import Any

from lamforge.data import pack
from lamforge.data.pairs import Pairs
from lamforge.train.loss import alone, collate_packed, packed_logits
from lamforge.train.objectives import silenced, whole_row
from lamforge.train.recipe import PreferenceRecipe, TrainingRecipe


class Preference:
    """Pairs packed whole into rows; an `Objective`. `reference` must be set before it has a loss."""

    unit = "pair"

    def __init__(self, data: Pairs, preference: PreferenceRecipe, training: TrainingRecipe) -> None:
        self._data, self._preference, self._training = data, preference, training
        rows = data.rows
        self._lengths = [sum(rows.length(rows.rows[index]) for index in pair) for pair in data.pairs]
        self.reference: list[float] | None = None  # of each row, its log-probability by the starting model

    @property
    def rows(self) -> int:
        """How many rows have a reference."""
        return len(self._data.rows.rows)

    def batches(self, epoch: int) -> list[list[int]]:
        """Micro-batches of whole pairs."""
        return pack(self._lengths, self._training.batch_tokens, self._training.seed + epoch)

    def tokens(self, batch: list[int]) -> int:
        """Tokens of a batch's conversations."""
        return sum(self._lengths[pair] for pair in batch)

    def collate(self, batch: list[int], share: float) -> dict[str, Any]:
        """The accepted conversations of the pairs end to end, then the rejected ones in the same order."""
        import torch

        rows = [self._data.pairs[pair][side] for side in (0, 1) for pair in batch]
        made = collate_packed(alone([whole_row(self._data.rows, row) for row in rows]))
        ends = torch.tensor([tree.lengths[0] for tree in made["trees"]]).cumsum(0)
        known = self.reference or [0.0] * self.rows
        return made | {
            "owners": torch.bucketize(made["places"], ends, right=True),  # whose each place is
            "reference": torch.tensor([known[row] for row in rows]),
            "rows": rows,
            "count": len(batch),
        }

    def nothing(self) -> dict[str, Any]:
        """A batch without a pair."""
        shortest = min(range(len(self._lengths)), key=self._lengths.__getitem__)
        made = self.collate([shortest], 1.0)
        return {**silenced(made), "owners": made["owners"][:0], "rows": []}

    def log_probabilities(self, model: Any, batch: dict[str, Any]) -> Any:
        """Of each row of a batch, the log-probability of all that its assistant wrote."""
        import torch

        from lamforge.train.cross_entropy import cross_entropies

        each = -cross_entropies(packed_logits(model, batch), batch["targets"])
        empty = torch.zeros(len(batch["trees"]), device=each.device)
        return empty.index_add(0, batch["owners"], each)

    def loss(self, model: Any, batch: dict[str, Any]) -> tuple[Any, dict[str, float]]:
        """-log sigmoid(beta x margin) summed over the pairs; accuracy: pairs whose margin is positive."""
        from torch.nn.functional import logsigmoid

        said = self.log_probabilities(model, batch)
        if not batch["count"]:
            return said.sum() * 0.0, {"count": 0.0, "accuracy": 0.0, "margin": 0.0}
        accepted, rejected = (said - batch["reference"]).chunk(2)
        margin = self._preference.beta * (accepted - rejected)
        total = -logsigmoid(margin).sum()
        if self._preference.sft_weight:
            tokens = batch["owners"].bincount(minlength=len(said)).chunk(2)[0]
            total = total - self._preference.sft_weight * (said.chunk(2)[0] / tokens).sum()
        seen = margin.detach()
        return total, {
            "count": float(batch["count"]),
            "accuracy": float((seen > 0).sum()),
            "margin": float(seen.sum()),
        }
