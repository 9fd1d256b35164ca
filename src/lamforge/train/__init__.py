"""Training: recipes, tokenizers, fine-tuning on transformers and PEFT. Heavy imports happen inside."""

from lamforge.train.jobs import require_train_extra, train, train_sft
from lamforge.train.recipe import Kind, Recipe, load_recipe
from lamforge.train.result import Trained

__all__ = ["Kind", "Recipe", "Trained", "load_recipe", "require_train_extra", "train", "train_sft"]
