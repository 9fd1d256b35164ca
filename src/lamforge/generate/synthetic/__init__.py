"""The single-turn corpus over thousands of synthetic tools: tools, requests and calls from a grammar of 84 fields."""

from lamforge.generate.synthetic.run import Synthetic, generate_synthetic
from lamforge.generate.synthetic.shares import Shares

__all__ = ["Shares", "Synthetic", "generate_synthetic"]
