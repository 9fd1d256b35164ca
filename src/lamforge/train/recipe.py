"""Recipes: one YAML file that says all of a training run, with `key=value` overrides."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from lamforge.data.corpus import Corpus
from lamforge.errors import UsageError, bounded
from lamforge.settings import load_settings

_FOLDERS = (Path(__file__).parents[1] / "recipes", Path(__file__).parents[3] / "recipes")


_FILE_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$"  # both become a part of the GGUF's file name
Kind = Literal["sft", "dpo", "pretrain"]  # of a run

_CONTEXT = 4096  # tokens, of a new model whose recipe does not say


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid")


class TokenizerRecipe(_Section):
    """The tokenizer of a new model: byte-level BPE trained on the data, or that of another folder."""

    base: str | None = None  # a folder with a tokenizer.json
    vocab_size: int = Field(4096, ge=300, le=200_000)


class ModelRecipe(_Section):
    """What to start from: a new model of a shape, or `base`. A text alone, in place of the section, is the base.

    Beside a base the shape is what its config.json is known to hold: for `--dry-run`, and checked when it is loaded.
    """

    base: str | None = None  # a folder, "hf:owner/name", nano, or a GGUF file that lamforge exported
    architecture: Literal["qwen2", "llama"] = "qwen2"
    hidden_size: int = Field(256, ge=16)
    intermediate_size: int = Field(768, ge=16)
    num_hidden_layers: int = Field(4, ge=1)
    num_attention_heads: int = Field(4, ge=1)
    num_key_value_heads: int = Field(4, ge=1)
    vocab_size: int | None = Field(None, ge=300)  # of a base; a new model has its tokenizer's
    tie_word_embeddings: bool = True
    rope_theta: float = Field(1e6, gt=0)
    yarn_factor: float | None = Field(None, gt=1)  # stretches the positions of a base: 4 for 128k on Qwen 2.5
    initial_weights: Literal["copying", "random"] = "copying"  # see lamforge.train.copying
    context_length: int | None = Field(None, ge=128)  # tokens of a conversation; of a base: what it was made for
    replace_template: bool = False  # train another chat template than the base model's, knowing that

    @model_validator(mode="before")
    @classmethod
    def _named(cls, value: Any) -> Any:
        return {"base": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _fits(self) -> ModelRecipe:
        heads = self.num_attention_heads
        if self.base is not None:
            return self
        if self.hidden_size % heads or self.hidden_size // heads % 2 or heads % self.num_key_value_heads:
            raise ValueError(
                "hidden_size must be an even multiple of num_attention_heads, and that of num_key_value_heads"
            )
        if self.copies and (heads < 4 or heads != self.num_key_value_heads or self.num_hidden_layers < 2):
            raise ValueError("initial_weights=copying needs 2 layers, 4 heads and as many key-value heads")
        if self.yarn_factor is not None:
            raise ValueError("yarn_factor stretches a base model; a new one has the context_length it is given")
        self.context_length = self.context_length or _CONTEXT
        return self

    @property
    def copies(self) -> bool:
        """Whether the starting weights are set up to copy; they are for Qwen2's biases."""
        return self.initial_weights == "copying" and self.architecture == "qwen2"

    @property
    def stated_shape(self) -> dict[str, Any]:
        """What the recipe says of the shape, by the names of config.json; empty if it says nothing."""
        names = ("hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads")
        said = {name: getattr(self, name) for name in (*names, "vocab_size") if name in self.model_fields_set}
        return said | ({"model_type": self.architecture} if "architecture" in self.model_fields_set else {})


class LoraRecipe(_Section):
    """Low-rank adapters in place of all weights; the base stays as it is."""

    rank: int = Field(16, ge=1)
    alpha: int = Field(32, ge=1)
    dropout: float = Field(0.0, ge=0, lt=1)
    targets: list[str] = Field(default_factory=list)  # names of linear layers; all of them if empty
    quantize: Literal["nf4"] | None = None  # QLoRA: the base in 4 bits, on a GPU


class PreferenceRecipe(_Section):
    """Direct preference optimisation (Rafailov and others, arXiv 2305.18290) of whole conversations."""

    beta: float = Field(0.1, gt=0)  # how strongly the model is held to where it started
    sft_weight: float = Field(0.0, ge=0)  # of the accepted conversation's own loss, added per token
    pairs_per_task: int = Field(4, ge=1)  # of accepted and rejected conversations of one task


class TrainingRecipe(_Section):
    """Optimisation."""

    epochs: float = Field(1.0, gt=0)
    max_minutes: float | None = Field(None, gt=0)  # the schedule ends by then, whatever the machine's speed
    batching: Literal["packed", "shared_prefix"] = "packed"  # see lamforge.data.batches
    batch_tokens: int = Field(8192, ge=64)  # tokens of a micro-batch, see lamforge.data.make_batches
    accumulation: int = Field(1, ge=1)  # micro-batches in one step of a process
    prefix_growth: float = Field(0.0, ge=0)  # power of the run's share: how much of the system block is seen by then
    too_long: Literal["drop", "split"] = "drop"  # conversations longer than the context
    attention: Literal["auto", "segments", "sdpa", "eager", "flash_attention_2", "flash_attention_3"] = "auto"
    gradient_checkpointing: bool = False
    optimizer: Literal["adamw", "muon"] = "adamw"  # muon: AdamW for all but the matrices
    learning_rate: float = Field(1e-3, gt=0)  # of AdamW
    matrix_rate: float = Field(0.02, gt=0)  # learning rate of Muon
    embedding_rate: float = Field(1.0, gt=0)  # learning rate of the embeddings, as a share of the others'
    schedule: Literal["cosine", "linear", "constant", "wsd"] = "cosine"  # wsd: warm-up, stable, decay
    warmup: float = Field(0.03, ge=0, le=1)  # share of the run
    decay: float = Field(0.2, gt=0, le=1)  # of wsd: the last share of the run, in which the rate falls
    final_rate: float = Field(0.05, ge=0, le=1)  # learning rate at the end, as a share of the highest
    weight_decay: float = Field(0.05, ge=0)
    clip: float = Field(1.0, gt=0)  # norm of the gradient
    average: float = Field(0.0, ge=0, lt=1)  # keep this share of a running mean of the weights a step, and end with it
    precision: Literal["fp32", "bf16"] = "fp32"
    validation_share: float = Field(0.0, ge=0, lt=0.9)  # of the tasks, held out if no validation file is given
    evaluations: int = Field(10, ge=1)  # of the model while it trains, evenly over the run, if anything is held out
    best_by: Literal["loss", "pass^1"] | None = None  # the model of the best evaluation is kept, not the last
    patience: int | None = Field(None, ge=1)  # evaluations without a better one that end the run
    save_minutes: float = Field(2.0, gt=0)  # between checkpoints
    report_to: list[str] = Field(default_factory=list)  # tensorboard, wandb, trackio, ... as transformers names them
    seed: int = 0

    @model_validator(mode="after")
    def _fits(self) -> TrainingRecipe:
        if self.batching == "packed" and self.prefix_growth:
            raise ValueError("prefix_growth needs batching=shared_prefix")
        if self.batching == "shared_prefix" and self.gradient_checkpointing:
            raise ValueError("gradient_checkpointing needs batching=packed: a shared prefix is a cache")
        if self.patience is not None and self.best_by is None:
            raise ValueError("patience needs best_by: what would a better evaluation be?")
        if self.schedule == "wsd" and self.warmup + self.decay > 1:
            raise ValueError("warmup and decay are shares of one run: together they are 1 at most")
        return self


class PhaseRecipe(_Section):
    """One part of a run, such as short conversations before long ones. What it does not say is as without phases."""

    data: list[str] = Field(default_factory=list)
    epochs: float = Field(1.0, gt=0)
    tokens: int | None = Field(None, ge=1)  # ends with so many, whatever `epochs` says
    context_length: int | None = Field(None, ge=16)  # of a row: texts are continued in the next, see training.too_long
    batch_tokens: int | None = Field(None, ge=64)


class Recipe(_Section):
    """A training run."""

    name: str = Field("model", pattern=_FILE_NAME)
    version: str = Field("v1", pattern=_FILE_NAME)
    license: str = "apache-2.0"
    format: str = "xlam-qwen/always"
    data: list[str] = Field(default_factory=list)  # files of conversations, where the command line names none
    validation: list[str] = Field(default_factory=list)
    corpus: Corpus | None = None  # how the data are made: `lamforge data corpus`
    tokenizer: TokenizerRecipe = Field(default_factory=TokenizerRecipe)  # type: ignore[arg-type]
    model: ModelRecipe = Field(default_factory=ModelRecipe)  # type: ignore[arg-type]
    lora: LoraRecipe | None = None
    preference: PreferenceRecipe = Field(default_factory=PreferenceRecipe)  # type: ignore[arg-type]
    training: TrainingRecipe = Field(default_factory=TrainingRecipe)  # type: ignore[arg-type]
    phases: list[PhaseRecipe] = Field(default_factory=list)  # one after the other, in place of training.epochs

    @model_validator(mode="after")
    def _has_a_base(self) -> Recipe:
        if self.lora is not None and self.model.base is None:
            raise ValueError("lora adapts a model: name one as model.base")
        if self.phases and self.training.max_minutes is not None:
            raise ValueError("max_minutes would end a run of phases before its last ones: give phases tokens or epochs")
        if self.tokenizer.base is not None and self.model.base is not None:
            raise ValueError("tokenizer.base is for a new model: model.base has a tokenizer")
        return self


def phases_of(recipe: Recipe) -> list[PhaseRecipe]:
    """The phases of a run: one of `training.epochs` where the recipe names none."""
    return recipe.phases or [PhaseRecipe.model_validate({"epochs": recipe.training.epochs})]


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
