"""Recipes: one YAML file that says all of a training run, with `key=value` overrides."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from lamforge.errors import UsageError, bounded
from lamforge.settings import load_settings

_FOLDERS = (Path(__file__).parents[1] / "recipes", Path(__file__).parents[3] / "recipes")


_FILE_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$"  # both become a part of the GGUF's file name


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid")


class TokenizerRecipe(_Section):
    """A byte-level BPE tokenizer trained on the data."""

    vocab_size: int = Field(4096, ge=300, le=200_000)


class ModelRecipe(_Section):
    """The shape of a Qwen2 model with random weights, or `base`: a folder to start from."""

    base: Path | None = None
    hidden_size: int = Field(256, ge=16)
    intermediate_size: int = Field(768, ge=16)
    num_hidden_layers: int = Field(4, ge=1)
    num_attention_heads: int = Field(4, ge=1)
    num_key_value_heads: int = Field(4, ge=1)
    rope_theta: float = Field(1e6, gt=0)
    initial_weights: Literal["copying", "random"] = "copying"  # see lamforge.train.copying
    context_length: int = Field(4096, ge=128)

    @model_validator(mode="after")
    def _fits(self) -> ModelRecipe:
        heads = self.num_attention_heads
        if self.base is not None:
            return self
        if self.hidden_size % heads or self.hidden_size // heads % 2 or heads % self.num_key_value_heads:
            raise ValueError(
                "hidden_size must be an even multiple of num_attention_heads, and that of num_key_value_heads"
            )
        if self.initial_weights == "copying" and (
            heads < 4 or heads != self.num_key_value_heads or self.num_hidden_layers < 2
        ):
            raise ValueError("initial_weights=copying needs 2 layers, 4 heads and as many key-value heads")
        return self


class TrainingRecipe(_Section):
    """Optimisation."""

    epochs: float = Field(1.0, gt=0)
    max_minutes: float | None = Field(None, gt=0)  # the schedule ends by then, whatever the machine's speed
    batch_tokens: int = Field(8192, ge=64)  # tokens of a micro-batch after the shared prefix, padding included
    accumulation: int = Field(1, ge=1)  # micro-batches in one step
    prefix_growth: float = Field(0.0, ge=0)  # power of the run's share: how much of the system block is seen by then
    optimizer: Literal["adamw", "muon"] = "adamw"  # muon: AdamW for all but the matrices
    learning_rate: float = Field(1e-3, gt=0)  # of AdamW
    matrix_rate: float = Field(0.02, gt=0)  # learning rate of Muon
    embedding_rate: float = Field(1.0, gt=0)  # learning rate of the embeddings, as a share of the others'
    warmup: float = Field(0.03, ge=0, le=1)  # share of the run
    final_rate: float = Field(0.05, ge=0, le=1)  # learning rate at the end, as a share of the highest
    weight_decay: float = Field(0.05, ge=0)
    clip: float = Field(1.0, gt=0)  # norm of the gradient
    precision: Literal["fp32", "bf16"] = "fp32"
    save_minutes: float = Field(2.0, gt=0)  # between checkpoints
    seed: int = 0


class Recipe(_Section):
    """A training run."""

    name: str = Field("model", pattern=_FILE_NAME)
    version: str = Field("v1", pattern=_FILE_NAME)
    license: str = "apache-2.0"
    format: str = "xlam-qwen/always"
    tokenizer: TokenizerRecipe = Field(default_factory=TokenizerRecipe)  # type: ignore[arg-type]
    model: ModelRecipe = Field(default_factory=ModelRecipe)  # type: ignore[arg-type]
    training: TrainingRecipe = Field(default_factory=TrainingRecipe)  # type: ignore[arg-type]


def load_recipe(name_or_path: str, overrides: list[str] | None = None) -> Recipe:
    """A bundled recipe by name, or a file; `overrides` such as "training.epochs=2" win.

    Raises:
        UsageError: naming the file and the key that is wrong.
    """
    return load_settings(Recipe, _find(name_or_path), overrides)


def _find(name_or_path: str) -> Path:
    path = Path(name_or_path)
    candidates = [path, *(folder / f"{name_or_path}.yaml" for folder in _FOLDERS)]
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    known = sorted({file.stem for folder in _FOLDERS if folder.is_dir() for file in folder.glob("*.yaml")})
    raise UsageError(f"no recipe {bounded(name_or_path)}", remedy=f"Give a YAML file, or one of: {', '.join(known)}.")
