"""Training: recipes, tokenizers, supervised fine-tuning on transformers. Heavy imports happen inside."""

from lamforge.train.recipe import Recipe, load_recipe
from lamforge.train.sft import Trained, train_sft

__all__ = ["Recipe", "Trained", "load_recipe", "train_sft"]
