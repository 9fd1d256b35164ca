"""Formats by name."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial

from lamforge.errors import UsageError, bounded
from lamforge.formats.base import Format
from lamforge.formats.hermes import Hermes
from lamforge.formats.xlam import Xlam
from lamforge.formats.xlam_variants import LLAMA, QWEN, VARIANTS

_FAMILIES: dict[str, dict[str, Callable[[], Format]]] = {
    "xlam-qwen": {variant: partial(Xlam, QWEN, variant) for variant in VARIANTS},
    "xlam-llama": {variant: partial(Xlam, LLAMA, variant) for variant in VARIANTS},
    "hermes": {"qwen": Hermes},
}


def known_formats() -> list[str]:
    """The ids of all formats."""
    return [f"{family}/{variant}" for family, variants in _FAMILIES.items() for variant in variants]


@lru_cache(maxsize=32)
def get_format(family: str = "xlam-qwen", variant: str | None = None) -> Format:
    """The format of a model family.

    Args:
        family: Such as "xlam-qwen", or a whole id such as "xlam-qwen/always".
        variant: Unless given here or in the id, the family's first: "hf", or "qwen" for hermes.
    Raises:
        UsageError: naming what exists, or if the id and `variant` differ.
    """
    name, _, given = family.partition("/")
    if variant and given and variant != given:
        raise UsageError(f"{bounded(family)} and variant {bounded(variant)} contradict each other", remedy="Give one.")
    variants = _FAMILIES.get(name, {})
    chosen = variant or given or next(iter(variants), "hf")
    if chosen not in variants:
        remedy = f"Known formats: {', '.join(known_formats())}."
        raise UsageError(f"unknown format {bounded(f'{name}/{chosen}')}", remedy=remedy)
    return variants[chosen]()
