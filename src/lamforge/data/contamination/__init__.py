"""What of BFCL and tau-bench is in training data, and the report that says so."""

from lamforge.data.contamination.benchmarks import Benchmark, Item, read_bfcl, read_tau
from lamforge.data.contamination.overlap import KINDS, NGRAM, SHARE, Hit, Index
from lamforge.data.contamination.report import Contamination, Scan, render_markdown
from lamforge.data.contamination.run import decontaminate

__all__ = [
    "KINDS",
    "NGRAM",
    "SHARE",
    "Benchmark",
    "Contamination",
    "Hit",
    "Index",
    "Item",
    "Scan",
    "decontaminate",
    "read_bfcl",
    "read_tau",
    "render_markdown",
]
