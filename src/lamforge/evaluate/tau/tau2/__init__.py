"""The environments of tau2-bench (arXiv 2506.07982): tools that act on typed records, written from how they behave."""

from lamforge.evaluate.tau.tau2.airline import AIRLINE
from lamforge.evaluate.tau.tau2.retail import RETAIL

__all__ = ["AIRLINE", "RETAIL"]
