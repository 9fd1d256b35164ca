"""The text that a model reads and writes: render, parse, stream, constrain, and which of it the model wrote."""

from lamforge.formats.base import Format, Span
from lamforge.formats.grammar import Grammar, json_grammar
from lamforge.formats.parse import StreamParser
from lamforge.formats.registry import get_format

__all__ = ["Format", "Grammar", "Span", "StreamParser", "get_format", "json_grammar"]
