"""The text that a model reads and writes: render, parse, spans of what it wrote."""

from lamforge.formats.base import Format, Span
from lamforge.formats.registry import get_format

__all__ = ["Format", "Span", "get_format"]
