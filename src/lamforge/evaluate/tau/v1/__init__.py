"""The environments of tau-bench (arXiv 2406.12045): tools that act on plain JSON, written from how they behave."""

from lamforge.evaluate.tau.v1.airline import AIRLINE
from lamforge.evaluate.tau.v1.retail import RETAIL

__all__ = ["AIRLINE", "RETAIL"]
