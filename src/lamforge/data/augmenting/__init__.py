"""Variants of conversations: other orders, names and words, tools more, tools less, values left out; each verified."""

from lamforge.data.augmenting.run import Augmented, augment
from lamforge.data.augmenting.variants import Augmentation

__all__ = ["Augmentation", "Augmented", "augment"]
