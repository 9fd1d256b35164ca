"""Several data sets as one, with exact counts: weights, epochs, caps, and one order for all ranks."""

from lamforge.data.mixture.mix import Mix, Share
from lamforge.data.mixture.settings import MixSettings, Source, is_mix, mix_files

__all__ = ["Mix", "MixSettings", "Share", "Source", "is_mix", "mix_files"]
