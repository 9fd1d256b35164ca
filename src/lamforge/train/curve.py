"""The loss over a run, as lines and as a PNG: one look says whether it learned. Pillow draws it and costs little."""

from __future__ import annotations

import io
import json
import math
from pathlib import Path
from typing import Any

from lamforge.journal import write_atomically

_SIZE, _SCALE = (960, 480), 2  # pixels; drawn twice as large and made smaller, so that lines are smooth
_LEFT, _TOP, _RIGHT, _BOTTOM = 70, 46, 24, 44  # margins
_INK, _GRID, _TRAIN, _MEAN, _HELD = "#333333", "#e4e4e4", "#b9cfe8", "#1f5fa8", "#c8551b"


def write_losses(out: Path, log: list[dict[str, Any]], evaluations: list[dict[str, Any]], title: str) -> None:
    """Writes `loss.jsonl`, `validation.jsonl` and `loss.png` of a run into its folder, whole each.

    Args:
        log: Rows with `step` and `loss`.
        evaluations: Rows with `step` and, where it was measured, `loss`.
    """
    write_atomically(out / "loss.jsonl", (json.dumps(row) + "\n" for row in log))
    write_atomically(out / "validation.jsonl", (json.dumps(row) + "\n" for row in evaluations))
    _draw(out / "loss.png", log, evaluations, title)


def _draw(path: Path, log: list[dict[str, Any]], evaluations: list[dict[str, Any]], title: str) -> None:
    """Draws the loss of each step, its running mean, and what evaluations found; nothing if there is no step yet."""
    if not log:
        return
    from PIL import Image, ImageDraw

    steps = [(float(row["step"]), float(row["loss"])) for row in log]
    held = [(float(row["step"]), float(row["loss"])) for row in evaluations if "loss" in row]
    image = Image.new("RGB", (_SIZE[0] * _SCALE, _SIZE[1] * _SCALE), "white")
    canvas = _Canvas(ImageDraw.Draw(image), steps + held)
    canvas.axes(title)
    canvas.line(steps, _TRAIN, 1)
    canvas.line(_running_mean(steps), _MEAN, 2)
    if held:
        canvas.line(held, _HELD, 2, dots=True)
    canvas.legend([("step", _TRAIN), ("running mean", _MEAN), *([("validation", _HELD)] if held else [])])
    content = io.BytesIO()
    image.resize(_SIZE, Image.Resampling.LANCZOS).save(content, format="PNG", optimize=True)
    write_atomically(path, content.getvalue())


def _running_mean(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """An exponential mean over about a fiftieth of the points."""
    keep = 1 - 1 / max(1.0, len(points) / 50)
    mean, made = points[0][1], []
    for x, y in points:
        mean = keep * mean + (1 - keep) * y
        made.append((x, mean))
    return made


class _Canvas:
    """Places of numbers in the picture."""

    def __init__(self, draw: Any, points: list[tuple[float, float]]) -> None:
        from PIL import ImageFont

        self._draw = draw
        self._font = ImageFont.load_default(13 * _SCALE)
        self._x = (0.0, max(x for x, _ in points))
        values = [y for _, y in points if math.isfinite(y)] or [0.0]
        self._y = (0.0, max(values) * 1.05 or 1.0)

    def _place(self, x: float, y: float) -> tuple[float, float]:
        wide, high = _SIZE[0] - _LEFT - _RIGHT, _SIZE[1] - _TOP - _BOTTOM
        across = _LEFT + wide * (x - self._x[0]) / max(1e-9, self._x[1] - self._x[0])
        up = _SIZE[1] - _BOTTOM - high * (min(y, self._y[1]) - self._y[0]) / (self._y[1] - self._y[0])
        return across * _SCALE, up * _SCALE

    def _text(self, place: tuple[float, float], text: str, anchor: str) -> None:
        self._draw.text(place, text, fill=_INK, font=self._font, anchor=anchor)

    def axes(self, title: str) -> None:
        """Grid, numbers and names."""
        for value in _round_numbers(*self._y):
            place = self._place(self._x[0], value)
            self._draw.line([place, self._place(self._x[1], value)], fill=_GRID, width=_SCALE)
            self._text((place[0] - 8 * _SCALE, place[1]), f"{value:g}", "rm")
        for value in _round_numbers(*self._x):
            place = self._place(value, self._y[0])
            self._text((place[0], place[1] + 8 * _SCALE), f"{value:,.0f}", "ma")
        self._text((_LEFT * _SCALE, 16 * _SCALE), f"{title}: loss over steps", "lt")

    def line(self, points: list[tuple[float, float]], colour: str, width: int, *, dots: bool = False) -> None:
        """A line through what is finite."""
        places = [self._place(x, y) for x, y in points if math.isfinite(y)]
        if len(places) > 1:
            self._draw.line(places, fill=colour, width=width * _SCALE, joint="curve")
        for x, y in places if dots or len(places) == 1 else ():
            radius = 3 * _SCALE
            self._draw.ellipse([x - radius, y - radius, x + radius, y + radius], fill=colour)

    def legend(self, names: list[tuple[str, str]]) -> None:
        """Which line is which."""
        x = (_SIZE[0] - _RIGHT) * _SCALE
        for name, colour in reversed(names):
            self._text((x, 16 * _SCALE), name, "rt")
            x -= self._draw.textlength(name, font=self._font) + 22 * _SCALE
            self._draw.line([(x, 24 * _SCALE), (x + 16 * _SCALE, 24 * _SCALE)], fill=colour, width=3 * _SCALE)
            x -= 14 * _SCALE


def _round_numbers(low: float, high: float) -> list[float]:
    """Some five round numbers within a range."""
    raw = max(1e-12, (high - low) / 5)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw)
    return [step * number for number in range(math.ceil(low / step), math.floor(high / step) + 1)]
