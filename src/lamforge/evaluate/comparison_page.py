"""A comparison as one HTML file without a script: the numbers, and every flip with what both models did."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lamforge.evaluate.comparison import Comparison
from lamforge.evaluate.plot import reliability_plot
from lamforge.evaluate.results import Result, read_details, read_results
from lamforge.journal import write_atomically
from lamforge.pages import render_page, shortened

_PAGE = Path(__file__).with_name("page") / "compare.html"
_MOST = 300  # flips that are shown with what was done
_MOST_MESSAGES = 60  # of one conversation
_LONGEST = 4000  # characters of one text


def write_page(path: Path, found: Comparison, a: Path, b: Path) -> None:
    """Writes the page.

    Raises:
        DataError: if the runs cannot be read.
        OutputError: if the page cannot be written.
    """
    sides = [_by_key(folder) for folder in (a, b)]
    flips = [
        (flip, [_side(run, *side[flip.task_id, flip.trial]) for run, side in zip("AB", sides, strict=True)])
        for flip in found.flips[:_MOST]
    ]
    curves = found.reliability
    plot = reliability_plot(curves["B"], {"A": curves["A"]}, "pass^k of B with 95 % intervals, and of A, dashed")
    write_atomically(path, render_page(_PAGE, found=found, flips=flips, hidden=len(found.flips[_MOST:]), plot=plot))


def _by_key(folder: Path) -> dict[tuple[str, int], tuple[Result, dict[str, Any]]]:
    results, details = read_results(folder), read_details(folder)
    details += [{}] * (len(results) - len(details))
    return {result.key: (result, detail) for result, detail in zip(results, details, strict=False)}


def _side(run: str, result: Result, detail: dict[str, Any]) -> dict[str, Any]:
    """What one of the two did."""
    lines = []
    whole = f"details.jsonl of run {run}"
    messages = detail.get("messages") or []
    for message in messages[:_MOST_MESSAGES]:
        text = "\n".join([message.get("text") or "", *(message.get("calls") or [])]).strip()
        lines.append({"role": message.get("role", ""), "text": shortened(text, _LONGEST, whole)})
    if len(messages) > _MOST_MESSAGES:
        more = len(messages) - _MOST_MESSAGES
        lines.append({"role": "", "text": f"… and {more:,} more messages; all are in {whole}"})
    output = detail.get("output") or ""
    if output and not any(line["role"] == "assistant" for line in lines):
        lines.append({"role": "assistant", "text": shortened(output, _LONGEST, whole)})
    return {
        "passed": result.passed,
        "why": result.message or result.error_type or result.kind,
        "instruction": detail.get("instruction", ""),
        "lines": lines,
    }
