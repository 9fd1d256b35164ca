"""The shape of a Qwen2 or Llama model: its weights, counted; the memory and the work that a token costs it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from lamforge.errors import TrainingError
from lamforge.train.model_recipe import LoraRecipe
from lamforge.train.recipe import Recipe

_POSITIONS = {"qwen2": 32_768, "llama": 131_072}  # that Qwen 2.5 and Llama 3.1 were made for


@dataclass(frozen=True)
class Shape:
    """By the names of config.json."""

    model_type: str
    hidden_size: int
    intermediate_size: int
    num_hidden_layers: int
    num_attention_heads: int
    num_key_value_heads: int
    vocab_size: int
    tie_word_embeddings: bool
    positions: int

    @property
    def _key_values(self) -> int:
        return self.hidden_size // self.num_attention_heads * self.num_key_value_heads

    @property
    def _layer(self) -> int:
        """Weights of one layer's matrices."""
        return 2 * self.hidden_size * (self.hidden_size + self._key_values) + 3 * self.hidden_size * (
            self.intermediate_size
        )

    @property
    def parameters(self) -> int:
        """All weights; exact for Qwen2, whose queries, keys and values have biases, and Llama."""
        biases = self.hidden_size + 2 * self._key_values if self.model_type == "qwen2" else 0
        layers = self.num_hidden_layers * (self._layer + biases + 2 * self.hidden_size)
        tables = self.vocab_size * self.hidden_size * (1 if self.tie_word_embeddings else 2)
        return layers + tables + self.hidden_size

    @property
    def computing(self) -> int:
        """Weights that every token is multiplied with."""
        return self.num_hidden_layers * self._layer + self.vocab_size * self.hidden_size // 4

    def attention(self, length: float) -> float:
        """Multiplications of attention a token, at a conversation's length, by the same measure as `computing`."""
        return self.num_hidden_layers * self.hidden_size * length

    def adapter_parameters(self, lora: LoraRecipe) -> int:
        """Weights of adapters on the targets, all linear layers by default."""
        wide, inner = self.hidden_size, self.intermediate_size
        sizes = {"q_proj": wide + wide, "o_proj": wide + wide} | dict.fromkeys(
            ("k_proj", "v_proj"), wide + self._key_values
        )
        sizes |= dict.fromkeys(("gate_proj", "up_proj", "down_proj"), wide + inner)
        return self.num_hidden_layers * lora.rank * sum(sizes.get(name, 0) for name in lora.targets or sizes)

    def activations(self, tokens: int, width: int, recomputed: bool, trained: float) -> float:
        """Bytes that a micro-batch keeps for the way back.

        Args:
            width: Bytes of a number.
            recomputed: Whether layers keep only their input.
            trained: Share of the tokens that have logits.
        """
        one = width * (6 * self.hidden_size + 2 * self._key_values + 4 * self.intermediate_size) + 8 * self.hidden_size
        layers = self.num_hidden_layers * 4 * self.hidden_size + one if recomputed else self.num_hidden_layers * one
        return tokens * (layers + trained * self.vocab_size * 2 * width)


def shape_of(recipe: Recipe) -> Shape:
    """The shape of a base's config.json if it is at hand without a network, else what the recipe says.

    Raises:
        TrainingError: if neither says it.
    """
    model = recipe.model
    vocabulary = model.vocab_size or recipe.tokenizer.vocab_size
    if model.base is not None:
        found = _config(model.base)
        if found is not None:
            return found
        if "hidden_size" not in model.stated_shape:
            raise TrainingError(
                "its shape is not known here",
                where=model.base,
                remedy="Download the model first, or write its shape beside `base` in the recipe, as the presets do.",
            )
    return Shape(
        model_type=model.architecture,
        hidden_size=model.hidden_size,
        intermediate_size=model.intermediate_size,
        num_hidden_layers=model.num_hidden_layers,
        num_attention_heads=model.num_attention_heads,
        num_key_value_heads=model.num_key_value_heads,
        vocab_size=vocabulary,
        tie_word_embeddings=model.tie_word_embeddings,
        positions=model.context_length or round(_POSITIONS[model.architecture] * (model.yarn_factor or 1)),
    )


def _config(base: str) -> Shape | None:
    """What the config.json of a folder or of a downloaded model says."""
    from transformers.utils import cached_file

    try:
        path = cached_file(base.removeprefix("hf:"), "config.json", local_files_only=True)
        if path is None:
            return None
        config = json.loads(Path(path).read_text(encoding="utf-8"))
        return Shape(
            positions=config["max_position_embeddings"],
            tie_word_embeddings=config.get("tie_word_embeddings", False),
            **{
                name: config[name]
                for name in (
                    "model_type",
                    "hidden_size",
                    "intermediate_size",
                    "num_hidden_layers",
                    "num_attention_heads",
                    "num_key_value_heads",
                    "vocab_size",
                )
            },
        )
    except (OSError, ValueError, KeyError):
        return None
