"""Formats by name."""

from __future__ import annotations

from functools import lru_cache

from lamforge.errors import UsageError, bounded
from lamforge.formats import xlam_qwen
from lamforge.formats.base import Format

FORMATS = {"xlam-qwen": (xlam_qwen.XlamQwen, xlam_qwen.VARIANTS)}


@lru_cache(maxsize=32)
def get_format(family: str = "xlam-qwen", variant: str | None = None) -> Format:
    """The format of a model family.

    Args:
        family: Such as "xlam-qwen", or a whole id such as "xlam-qwen/always".
        variant: "hf" unless given here or in the id.
    Raises:
        UsageError: naming what exists, or if the id and `variant` differ.
    """
    name, _, given = family.partition("/")
    if variant and given and variant != given:
        raise UsageError(f"{bounded(family)} and variant {bounded(variant)} contradict each other", remedy="Give one.")
    chosen = variant or given or "hf"
    if name not in FORMATS or chosen not in FORMATS[name][1]:
        known = ", ".join(f"{family}/{variant}" for family, (_, variants) in FORMATS.items() for variant in variants)
        raise UsageError(f"unknown format {bounded(f'{name}/{chosen}')}", remedy=f"Known formats: {known}.")
    return FORMATS[name][0](chosen)
