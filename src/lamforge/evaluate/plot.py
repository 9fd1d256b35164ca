"""The pass^k plot as SVG. It knows estimates and drawing, nothing of where they come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from lamforge.evaluate.reliability import Estimate, telling

_WIDTH, _HEIGHT = 460, 280
_LEFT, _RIGHT, _TOP, _BOTTOM = 48, 18, 22, 42  # margins in the same units
_CROWD = 8  # ticks that have room for labels
_TITLE = "pass^k of the model with 95 % intervals, and of agents that need no model"


def reliability_plot(
    model: Sequence[Estimate], baselines: Mapping[str, Sequence[Estimate]], title: str = _TITLE
) -> Markup:
    """An SVG element: pass^k over k with 95 % intervals, and the baselines dashed.

    For an incomplete result the bars span what the value can still become, and no line is drawn.
    """
    parts = [_axes(len(model))]
    for baseline in baselines.values():
        parts.append(_line(baseline, "baseline"))
        parts += [
            f'<circle class="baseline" cx="{_x(e.k, len(baseline)):.1f}" cy="{_y(e.at_least):.1f}" r="3"/>'
            for e in baseline
        ]
    if all(estimate.value is not None for estimate in model):
        parts.append(_line(model, "model"))
    labelled = {estimate.k for estimate in telling(model)}
    parts += [_point(estimate, len(model), estimate.k in labelled) for estimate in model]
    return Markup(
        f'<svg class="plot" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{title}">'
        f"<title>{title}</title>{''.join(parts)}</svg>"
    )


def _x(k: int, count: int) -> float:
    step = (_WIDTH - _LEFT - _RIGHT) / count
    return _LEFT + (k - 0.5) * step


def _y(fraction: float) -> float:
    return _TOP + (1 - fraction) * (_HEIGHT - _TOP - _BOTTOM)


def _axes(count: int) -> str:
    grid = "".join(
        f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{_y(p / 100):.1f}" y2="{_y(p / 100):.1f}"/>'
        f'<text x="{_LEFT - 10}" y="{_y(p / 100) + 4:.1f}" text-anchor="end">{p} %</text>'
        for p in (0, 25, 50, 75, 100)
    )
    ticks = "".join(
        f'<text x="{_x(k, count):.1f}" y="{_HEIGHT - _BOTTOM + 20}" text-anchor="middle">k = {k}</text>'
        for k in range(1, count + 1)
        if count <= _CROWD or k & (k - 1) == 0
    )
    return grid + ticks


def _line(estimates: Sequence[Estimate], name: str) -> str:
    points = " ".join(f"{_x(e.k, len(estimates)):.1f},{_y(e.at_least):.1f}" for e in estimates)
    return f'<polyline class="{name}" points="{points}"/>'


def _point(estimate: Estimate, count: int, labelled: bool) -> str:
    low = estimate.at_least if estimate.low is None else estimate.low
    high = estimate.at_most if estimate.high is None else estimate.high
    x = _x(estimate.k, count)
    bars = "".join(
        f'<line class="interval" x1="{x - a:.1f}" x2="{x + a:.1f}" y1="{_y(from_):.1f}" y2="{_y(to):.1f}"/>'
        for a, from_, to in ((0, low, high), (5, low, low), (5, high, high))
    )
    if estimate.value is None:
        return bars
    label = (
        ""
        if not labelled
        else (
            f'<text class="value" x="{x + 10:.1f}" y="{_y(estimate.value) - 8:.1f}">{100 * estimate.value:.1f}</text>'
        )
    )
    return f'{bars}<circle class="model" cx="{x:.1f}" cy="{_y(estimate.value):.1f}" r="4.5"/>{label}'
