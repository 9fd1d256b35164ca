"""The release of inspect-evals whose data are used unless others are named."""

from __future__ import annotations

from pathlib import Path

from lamforge.releases import Wheel

WHEEL = Wheel("inspect-evals", "0.26.0", "tau", "b76d15813182807da141a0f06bb6f18a5f82d1f06291ec2633bb84cdf661f8d0")


def fetched_wheel() -> Path:
    """The wheel, from the cache or from PyPI; raises DataError if it cannot be fetched."""
    return WHEEL.fetched()
