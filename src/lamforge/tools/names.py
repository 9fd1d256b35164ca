"""The words that identifiers are made of."""

from __future__ import annotations

import re

_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")


def spaced(text: str) -> str:
    """A text with a space before each hump of the names in camelCase that stand in it."""
    return _HUMP.sub(" ", text)
