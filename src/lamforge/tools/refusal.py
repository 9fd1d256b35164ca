"""The one exception that a model is told of."""

from __future__ import annotations


class ToolError(Exception):
    """A failure that the model is told of, such as an unknown order; the state goes back to before the call."""
