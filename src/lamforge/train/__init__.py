"""Training: recipes, tokenizers, supervised fine-tuning on transformers. Heavy imports happen inside."""

from lamforge.train.recipe import Recipe, load_recipe
from lamforge.train.sft import Trained, require_train_extra, train_sft

__all__ = ["Recipe", "Trained", "load_recipe", "require_train_extra", "train_sft"]
