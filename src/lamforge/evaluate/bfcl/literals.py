"""What reading Java's and JavaScript's literals has in common."""

from __future__ import annotations

LONGEST = 4096  # characters of a literal that is read; the longest in the data has 160


def number_or_text(text: str) -> int | float | str:
    """A number as Python reads it, or the text."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def pieces(text: str, opening: str, closing: str) -> list[str]:
    """What stands between the two, at least one character and on one line, from left to right without overlaps."""
    found, place = [], text.find(opening)
    while place >= 0:
        begin = place + len(opening)
        end = text.find(closing, begin + 1)
        if end >= 0 and "\n" not in text[begin:end]:
            found.append(text[begin:end])
            begin = end + len(closing)
        place = text.find(opening, begin)
    return found
