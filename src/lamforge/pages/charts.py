"""Plots as SVG elements that browsers scale, read aloud and print. They know numbers and labels, no meaning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup, escape

_WIDTH = 420
_ROW, _THICK = 36, 9  # of one bar with its label
_LABEL, _FULL = 46, 90  # characters of a label that are shown, and said
_PLOT, _FLOOR, _BOTTOM = 150, 170, 40  # of a histogram: height, where the axis is, what is below
_MOST_BINS = 16


@dataclass(frozen=True)
class Bar:
    """A labelled value.

    Args:
        text: The value as it is written.
        parts: What the value is made of, drawn one after the other in different shades.
        lost: Drawn faintly behind the value, such as what a step of a funnel lost.
    """

    label: str
    text: str
    parts: Sequence[float] = field(default_factory=list)
    lost: float = 0.0


def bars(title: str, rows: Sequence[Bar]) -> Markup:
    """Horizontal bars, one below the other, all on the scale of the longest."""
    longest = max((sum(row.parts) + row.lost for row in rows), default=0) or 1
    drawn = "".join(_bar(row, number * _ROW, _WIDTH / longest) for number, row in enumerate(rows))
    said = "; ".join(f"{row.label[:_FULL]}: {row.text}" for row in rows)
    return _svg(f"{title}: {said}", len(rows) * _ROW, drawn)


def histogram(title: str, counts: Mapping[int, int], unit: str) -> Markup:
    """How often each whole number occurs; neighbours share a bar where there are too many of them.

    Args:
        unit: What is counted, under the axis.
    """
    bins = _bins(counts)
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


def _bar(row: Bar, top: float, scale: float) -> str:
    label = row.label if len(row.label) <= _LABEL else row.label[: _LABEL - 1] + "…"
    left, drawn = 0.0, ""
    for number, part in enumerate(row.parts):
        if part:
            drawn += _rect(f"s{min(number, 5)}", left, top, part * scale)
        left += part * scale
    return (
        f"<g><title>{escape(row.label[:_FULL])}: {escape(row.text)}</title>"
        f'<text x="0" y="{top + 14:g}">{escape(label)}</text>'
        f'<text class="value" x="{_WIDTH}" y="{top + 14:g}" text-anchor="end">{escape(row.text)}</text>'
        f"{_rect('track', 0, top, _WIDTH)}{drawn}{_rect('lost', left, top, row.lost * scale) if row.lost else ''}</g>"
    )


def _rect(name: str, left: float, top: float, width: float) -> str:
    return f'<rect class="{name}" x="{left:.1f}" y="{top + 20:g}" width="{width:.1f}" height="{_THICK}"/>'


def _bins(counts: Mapping[int, int]) -> list[tuple[str, int]]:
    """Names and counts of at most `_MOST_BINS` bins of equal width from the smallest number to the largest."""
    if not counts:
        return []
    low, high = min(counts), max(counts)
    width = -(-(high - low + 1) // _MOST_BINS)
    starts = range(low, high + 1, width)
    names = [str(start) if width == 1 else f"{start}–{start + width - 1}" for start in starts]
    return [(name, sum(counts.get(n, 0) for n in range(s, s + width))) for name, s in zip(names, starts, strict=True)]
