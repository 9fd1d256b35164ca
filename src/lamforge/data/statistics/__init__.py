"""What a data set holds: numbers, and a page of plots."""

from lamforge.data.statistics.page import render_statistics
from lamforge.data.statistics.summary import Statistics, ToolCount, quantiles, summarise

__all__ = ["Statistics", "ToolCount", "quantiles", "render_statistics", "summarise"]
