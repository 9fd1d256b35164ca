"""The report of a run as a page: one HTML file without a script. What models wrote is text on it, never markup."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lamforge.generate.report.funnels import Funnel
from lamforge.generate.report.summary import RunSummary
from lamforge.generate.report.tools import ToolUse
from lamforge.generate.single.records import STAGES
from lamforge.pages import Bar, bars, histogram, render_page, words

_PAGE = Path(__file__).with_name("page") / "run.html"
_MOST_BARS = 40


def render_run(summary: RunSummary) -> str:
    """The report as HTML: funnels, reasons with examples, plots, coverage, cost, and what each number means."""
    single = summary.job == "single"
    called = [tool for tool in summary.tools if tool.calls][:_MOST_BARS]
    return render_page(
        _PAGE,
        run=summary,
        things="items" if single else "tasks",
        kind="style" if single else "shape",
        manner="manner" if single else "persona",
        funnels=[(funnel, _funnel(funnel)) for funnel in summary.funnels],
        turns=histogram("Conversations", summary.turns, "turns of the user in a conversation"),
        calls=histogram("Conversations", summary.calls, "calls in a conversation"),
        kinds=bars("By kind", _shares(summary.kinds), compact=True),
        manners=bars("By manner", _shares(summary.manners), compact=True),
        tools=bars("Calls of each tool", [_calls(tool) for tool in called], compact=True),
        hidden_tools=sum(tool.calls > 0 for tool in summary.tools) - len(called),
        stages=STAGES,
        styles=_styles(summary) if single else [],
        gaps=[each for each in summary.arguments if each.unseen or not each.given],
        next=next_command(summary),
        made={name: _shown(value) for name, value in _flat(summary.made).items()},
    )


def next_command(summary: RunSummary) -> str:
    """What to type next."""
    folder = shlex.quote(summary.folder)
    if summary.running:
        return f"lamforge generate {summary.job} … --out {folder}"
    out = shlex.quote(f"{summary.folder}/model")
    return f"lamforge train sft --data {shlex.quote(summary.folder + '/trajectories.jsonl')} --out {out}"


def _styles(summary: RunSummary) -> list[tuple[str, int, list[int], int]]:
    """(style, items kept, items lost at each stage, items written), as in APIGen's table (arXiv 2406.18518)."""
    rows = []
    for style in dict.fromkeys([*summary.kinds, *summary.rejected_kinds]):
        kept, lost = summary.kinds.get(style, 0), summary.rejected_kinds.get(style, {})
        rows.append((style, kept, [lost.get(stage, 0) for stage in STAGES], kept + sum(lost.values())))
    return rows


def _funnel(funnel: Funnel) -> str:
    first, before, rows = funnel.steps[0].count, funnel.steps[0].count, []
    for step in funnel.steps:
        lost = before - step.count
        columns = [f"−{lost:,}" if lost else "", f"{step.count:,}", _percent(step.count, first)]
        rows.append(Bar(step.name, columns, step.rounds, lost=lost))
        before = step.count
    return bars(funnel.title, rows)


def _shares(counts: Mapping[str, int]) -> list[Bar]:
    total = sum(counts.values())
    shown = list(counts.items())[:_MOST_BARS]
    return [Bar(words(name), [f"{n:,}", _percent(n, total)], [n]) for name, n in shown]


def _calls(tool: ToolUse) -> Bar:
    refused = f"−{tool.refused:,}" if tool.refused else ""
    return Bar(tool.name, [refused, f"{tool.calls:,}"], [tool.calls - tool.refused], lost=tool.refused)


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole else "–"


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested settings as one table; what the report shows elsewhere is left out."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, Mapping) and name not in ("rules", "tool_kinds"):
            found |= _flat(value, f"{prefix}{name}.")
        elif name not in ("rules", "tool_kinds"):
            found[prefix + name] = value
    return found


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
