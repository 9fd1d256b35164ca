"""Recipes: one YAML file that says all of a training run, with `key=value` overrides."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from lamforge.data.corpus import Corpus
from lamforge.errors import UsageError, bounded
from lamforge.settings import load_settings
from lamforge.train.model_recipe import LoraRecipe, ModelRecipe, Section, TokenizerRecipe
from lamforge.train.repeats import SHORTEST

_FOLDERS = (Path(__file__).parents[1] / "recipes", Path(__file__).parents[3] / "recipes")
_FILE_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$"  # both become a part of the GGUF's file name
Kind = Literal["sft", "dpo", "pretrain"]  # of a run


class PreferenceRecipe(Section):
    """Direct preference optimisation (Rafailov and others, arXiv 2305.18290) of whole conversations."""

    beta: float = Field(0.1, gt=0)  # how strongly the model is held to where it started
    sft_weight: float = Field(0.0, ge=0)  # of the accepted conversation's own loss, added per token
    pairs_per_task: int = Field(4, ge=1)  # of accepted and rejected conversations of one task


class TrainingRecipe(Section):
    """Optimisation."""

    epochs: float = Field(1.0, gt=0)
    max_minutes: float | None = Field(None, gt=0)  # the schedule ends by then, whatever the machine's speed
    batching: Literal["packed", "shared_prefix"] = "packed"  # see lamforge.data.batches
    batch_tokens: int = Field(8192, ge=64)  # tokens of a micro-batch, see lamforge.data.make_batches
    accumulation: int = Field(1, ge=1)  # micro-batches in one step of a process
    prefix_growth: float = Field(0.0, ge=0)  # power of the run's share: how much of the system block is seen by then
    repeats: float = Field(0.0, ge=0, le=0.5)  # this share of a batch: random tokens, said again, see .repeats
    repeats_first: int = Field(0, ge=0)  # tokens of nothing else, before all
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
    precision: Literal["auto", "fp32", "bf16"] = "fp32"  # auto: what is faster, see lamforge.train.devices
    validation_share: float = Field(0.0, ge=0, lt=0.9)  # of the tasks, held out if no validation file is given
    evaluations: int = Field(10, ge=1)  # of the model while it trains, evenly over the run, if anything is held out
    best_by: Literal["loss", "pass^1"] | None = None  # the model of the best evaluation is kept, not the last
    patience: int | None = Field(None, ge=1)  # evaluations without a better one that end the run
    save_minutes: float = Field(2.0, gt=0)  # between checkpoints
    report_to: list[str] = Field(default_factory=list)  # tensorboard, wandb, trackio, ... as transformers names them
    seed: int = Field(0, ge=0)

    @model_validator(mode="after")
    def _fits(self) -> TrainingRecipe:
        if self.batching == "packed" and self.prefix_growth:
            raise ValueError("prefix_growth needs batching=shared_prefix")
        if self.patience is not None and self.best_by is None:
            raise ValueError("patience needs best_by: what would a better evaluation be?")
        if self.schedule == "wsd" and self.warmup + self.decay > 1:
            raise ValueError("warmup and decay are shares of one run: together they are 1 at most")
        return self


class PhaseRecipe(Section):
    """One part of a run, such as short conversations before long ones. What it does not say is as without phases."""

    data: list[str] = Field(default_factory=list)
    epochs: float = Field(1.0, gt=0)
    tokens: int | None = Field(None, ge=1)  # ends with so many, whatever `epochs` says
    context_length: int | None = Field(None, ge=16)  # of a row: texts are continued in the next, see training.too_long
    batch_tokens: int | None = Field(None, ge=64)


class Recipe(Section):
    """A training run."""

    name: str = Field("model", pattern=_FILE_NAME)
    version: str = Field("v1", pattern=_FILE_NAME)
    license: str | None = None  # of a model trained from new weights; a base's is inherited
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
            raise ValueError("lora adapts a model: name one as model=FOLDER")
        if self.phases and self.training.max_minutes is not None:
            raise ValueError("max_minutes would end a run of phases before its last ones: give phases tokens or epochs")
        if self.tokenizer.base is not None and self.model.base is not None:
            raise ValueError("tokenizer.base is for a new model: model.base has a tokenizer")
        smallest = min(phase.batch_tokens or self.training.batch_tokens for phase in phases_of(self))
        if 0 < self.training.repeats * smallest < SHORTEST:
            share = f"training.repeats={self.training.repeats:g} of a batch of {smallest} tokens"
            raise ValueError(f"{share} is less than a row of {SHORTEST} tokens")
        return self


def phases_of(recipe: Recipe) -> list[PhaseRecipe]:
    """The phases of a run: one of `training.epochs` where the recipe names none."""
    return recipe.phases or [PhaseRecipe.model_validate({"epochs": recipe.training.epochs})]


def check_kind(kind: Kind, recipe: Recipe) -> None:
    """Raises UsageError if a recipe says what this kind of run does not do."""
    training = recipe.training
    if kind == "dpo" and recipe.phases:
        raise UsageError("train dpo has no phases", remedy="Take `phases` out of the recipe.")
    if kind == "dpo" and (training.repeats or training.repeats_first):
        raise UsageError("train dpo repeats nothing", remedy="Take training.repeats and repeats_first out.")


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
