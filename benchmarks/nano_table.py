"""Figures beside their goals: one table on the terminal, in Markdown and in JSON, of all parts measured so far."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lamforge.journal import write_atomically


@dataclass(frozen=True)
class Figure:
    """One number beside its goal; `reached` is None where there is no goal."""

    name: str
    value: float
    unit: str  # "%", "ms" or "tokens/s"
    goal: float | None = None
    interval: tuple[float, float] | None = None
    note: str = ""

    @property
    def reached(self) -> bool | None:
        """Whether the goal is met; milliseconds are to be few, all else much."""
        if self.goal is None:
            return None
        return self.value <= self.goal if self.unit == "ms" else self.value >= self.goal

    def row(self) -> list[str]:
        """The figure as texts: name, value, interval, goal, reached, note."""
        interval = f"{_number(self.interval[0])} to {_number(self.interval[1])}" if self.interval else ""
        sign = "at most" if self.unit == "ms" else "at least"
        goal = f"{sign} {_number(self.goal)} {self.unit}" if self.goal is not None else ""
        reached = {None: "", True: "yes", False: "NO"}[self.reached]
        return [self.name, f"{_number(self.value)} {self.unit}", interval, goal, reached, self.note]


def keep(folder: Path, part: str, figures: list[Figure]) -> None:
    """Keeps a part's figures for the table."""
    path = folder / "parts" / f"{part}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, json.dumps([asdict(figure) for figure in figures], indent=1) + "\n")


def report(folder: Path, model: str, made: dict[str, Any], parts: list[str], quick: bool) -> None:
    """Prints the table of all parts that were measured so far, and writes it as JSON and Markdown."""
    found, missing = {}, []
    for part in parts:
        path = folder / "parts" / f"{part}.json"
        if path.exists():
            found[part] = [Figure(**each) for each in json.loads(path.read_text(encoding="utf-8"))]
        else:
            missing.append(part)
    title = f"{'A SAMPLE, not the measure: ' if quick else ''}{Path(model).name}"
    rows = [figure.row() for figures in found.values() for figure in figures]
    header = ["figure", "value", "95 % interval", "goal", "reached", "of"]
    lines = [f"# {title}", "", *_markdown(header, rows), ""]
    lines += [f"Not measured: {', '.join(missing)}.", ""] if missing else []
    lines += [f"{key}: {value}  " for key, value in made.items()]
    write_atomically(folder / "bench-nano.md", "\n".join(lines) + "\n")
    figures = {part: [{**asdict(f), "reached": f.reached} for f in own] for part, own in found.items()}
    result = {"model": Path(model).name, "made": made, "sample": quick, "not_measured": missing, "figures": figures}
    write_atomically(folder / "bench-nano.json", json.dumps(result, indent=1) + "\n")
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    print(f"\n{title}")
    for row in [header, *rows]:
        print("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())
    if missing:
        print(f"not measured: {', '.join(missing)}")
    print(f"{folder / 'bench-nano.md'}")


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.0f}" if value >= 1000 or value == int(value) else f"{value:.1f}"


def _markdown(header: list[str], rows: list[list[str]]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in [header, ["---"] * len(header), *rows]]
