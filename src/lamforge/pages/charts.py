"""Plots as SVG elements that browsers scale, read aloud and print. They know numbers and labels, no meaning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup, escape

_WIDTH = 420
_COLUMN = 50  # of one number beside a bar
_PLOT, _FLOOR, _BOTTOM = 150, 170, 40  # of a histogram: height, where the axis is, what is below
_SAID = 90  # characters of a label that are read aloud
_MOST_BINS = 16
_LETTER = 7.6  # the width of a digit, with what must be free beside it


@dataclass(frozen=True)
class Bar:
    """A labelled value.

    Args:
        columns: What is written beside it, each in a column of its own.
        parts: What the value is made of, drawn one after the other in different shades.
        lost: Drawn faintly behind the value, such as what a step of a funnel lost.
    """

    label: str
    columns: Sequence[str]
    parts: Sequence[float] = field(default_factory=list)
    lost: float = 0.0


@dataclass(frozen=True)
class _Layout:
    """Of one bar with its label, in the plot's units; a label may be so many characters long."""

    height: int
    label: int
    bar: tuple[int, int, int, int]  # left, top, width, height
    bottom: int  # of the text


_LINES = _Layout(36, 38, (0, 20, _WIDTH, 9), 14)
_COMPACT = _Layout(24, 26, (190, 6, 126, 11), 16)


def bars(title: str, rows: Sequence[Bar], *, compact: bool = False) -> Markup:
    """Horizontal bars, one below the other, all on the scale of the longest.

    Args:
        compact: Labels, which are short, stand beside the bars, not above them.
    """
    layout = _COMPACT if compact else _LINES
    longest = max((sum(row.parts) + row.lost for row in rows), default=0) or 1
    drawn = "".join(_bar(row, number * layout.height, longest, layout) for number, row in enumerate(rows))
    said = "; ".join(f"{row.label[:_SAID]}: {' '.join(row.columns)}" for row in rows)
    return _svg(f"{title}: {said}", len(rows) * layout.height, drawn)


def histogram(title: str, counts: Mapping[int, int], unit: str) -> Markup:
    """How often each whole number occurs; neighbours share a bar where there are too many of them for their labels.

    Args:
        unit: What is counted, under the axis.
    """
    bins = _fitting(counts)
    step, most = _WIDTH / max(1, len(bins)), max((count for _, count in bins), default=0) or 1
    drawn = f'<line class="grid" x1="0" x2="{_WIDTH}" y1="{_FLOOR}" y2="{_FLOOR}"/>'
    for number, (name, count) in enumerate(bins):
        middle, thick = (number + 0.5) * step, min(step - 3, 56)
        top = _FLOOR - _PLOT * count / most
        drawn += (
            f"<g><title>{name} {escape(unit)}: {count:,}</title>"
            f'<rect class="s0" x="{middle - thick / 2:.1f}" y="{top:.1f}" width="{thick:.1f}" '
            f'height="{_FLOOR - top:.1f}"/>'
            f"{_text(middle, top - 5, f'{count:,}' if count else '', 'value')}{_text(middle, _FLOOR + 16, name)}</g>"
        )
    said = "; ".join(f"{name}: {count:,}" for name, count in bins if count)
    drawn += _text(_WIDTH / 2, _FLOOR + 36, unit)
    return _svg(f"{title}, by {unit}: {said}", _FLOOR + _BOTTOM, drawn)


def _text(middle: float, bottom: float, text: str, name: str = "tick") -> str:
    return f'<text class="{name}" x="{middle:.1f}" y="{bottom:.1f}" text-anchor="middle">{escape(text)}</text>'


def _svg(title: str, height: float, drawn: str) -> Markup:
    return Markup(
        f'<svg class="plot" viewBox="0 0 {_WIDTH} {height:g}" role="img" aria-label="{escape(title)}">{drawn}</svg>'
    )


def _bar(row: Bar, top: float, longest: float, layout: _Layout) -> str:
    left, inset, width, height = layout.bar
    scale, bar_top = width / longest, top + inset
    label = row.label if len(row.label) <= layout.label else row.label[: layout.label - 1] + "…"
    drawn = _rect("track", left, bar_top, width, height)
    reached = float(left)
    for number, part in enumerate(row.parts):
        drawn += _rect(f"s{min(number, 5)}", reached, bar_top, part * scale, height) if part else ""
        reached += part * scale
    if row.lost:
        drawn += _rect("lost", reached, bar_top, row.lost * scale, height)
    for number, text in enumerate(reversed(row.columns)):
        place, name = _WIDTH - number * _COLUMN, "less" if text.startswith("−") else "value"
        drawn += f'<text class="{name}" x="{place}" y="{top + layout.bottom:g}" text-anchor="end">{escape(text)}</text>'
    said = f"<title>{escape(row.label[:_SAID])}: {escape(' '.join(row.columns))}</title>"
    return f'<g>{said}<text x="0" y="{top + layout.bottom:g}">{escape(label)}</text>{drawn}</g>'


def _rect(name: str, left: float, top: float, width: float, height: float) -> str:
    return f'<rect class="{name}" x="{left:.1f}" y="{top:g}" width="{width:.1f}" height="{height}"/>'


def _fitting(counts: Mapping[int, int]) -> list[tuple[str, int]]:
    """Names and counts of as many bins as have room for both side by side, up to `_MOST_BINS`."""
    bins = _bins(counts, 1)
    for most in range(_MOST_BINS, 1, -1):
        bins = _bins(counts, most)
        longest = max((max(len(name), len(f"{count:,}")) for name, count in bins), default=0)
        if longest * _LETTER * len(bins) <= _WIDTH:
            break
    return bins


def _bins(counts: Mapping[int, int], most: int) -> list[tuple[str, int]]:
    """Names and counts of at most so many bins of equal width from the smallest number to the largest."""
    if not counts:
        return []
    low, high = min(counts), max(counts)
    width = -(-(high - low + 1) // most)
    starts = range(low, high + 1, width)
    names = [str(start) if width == 1 else f"{start}–{start + width - 1}" for start in starts]
    return [(name, sum(counts.get(n, 0) for n in range(s, s + width))) for name, s in zip(names, starts, strict=True)]
