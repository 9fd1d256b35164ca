"""Texts of strangers made fit to be shown: what a terminal would obey, or what turns the reading, is spelled out."""

from __future__ import annotations

import re

# Control characters other than line feed, tab and the return before a line feed; line ends of Unicode's own; what turns
# the direction of writing; half surrogates.
_OBEYED = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]|\r(?!\n)"
)


def printable(text: str) -> str:
    """A text with escapes in place of what a terminal would obey; JSON stays the same JSON."""
    return _OBEYED.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
