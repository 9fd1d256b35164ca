"""What one parameter of one tool holds: its schema, and how values are drawn and said."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any, NamedTuple

Draw = Callable[[Random], tuple[str, Any]]  # (as a person says it, as the call has it)


class Slot(NamedTuple):
    """A parameter's kind, decided for one tool.

    Args:
        schema: JSON Schema without a description.
        hint: What the description has to say on the form of the value; empty if it is what people say.
        draw: A new value.
        varied: Whether there are so many values that another one can always be drawn.
    """

    schema: dict[str, Any]
    hint: str
    draw: Draw
    varied: bool = True
