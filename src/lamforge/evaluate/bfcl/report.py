"""The report: one HTML file that needs nothing else. What a model wrote reaches the page as text, never as markup."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lamforge.evaluate.bfcl.ast_checker import argument_faults
from lamforge.evaluate.bfcl.decoding import Decoder, Unreadable, well_formed
from lamforge.evaluate.bfcl.scoring import Scored
from lamforge.evaluate.bfcl.suites import kind_of
from lamforge.evaluate.bfcl.summary import BfclSummary
from lamforge.pages import render_page

_PAGE = Path(__file__).with_name("page") / "bfcl.html"
_SHOWN = 10_000  # answers in one report
_LONGEST = 3000  # characters of an answer or a question; of right answers a tenth of it


def render_report(summary: BfclSummary, scored: Sequence[Scored]) -> str:
    """The report as HTML: the tables, how they were made, and the answers to browse, failures first."""
    kept = sorted(scored, key=lambda each: each.verdict.valid)[:_SHOWN]
    return render_page(
        _PAGE,
        data={"answers": [_item(each) for each in kept]},
        summary=summary,
        tables=[(name, _rows(summary, name)) for name in summary.official],
        kinds=[(category, kind, n) for category, kinds in summary.errors.items() for kind, n in kinds.items()],
        made={name: value if isinstance(value, str) else json.dumps(value) for name, value in summary.made.items()},
        hidden=max(0, len(scored) - _SHOWN),
    )


def _rows(summary: BfclSummary, name: str) -> list[tuple[str, str, str, str]]:
    """(column, official, sound, doing nothing) of a table."""
    own, sound, nothing = summary.official[name], summary.sound[name], summary.nothing[name]
    return [(column, own[column], sound[column], nothing[column]) for column in own]


def _item(scored: Scored) -> dict[str, Any]:
    task, verdict = scored.task, scored.verdict
    limit = _LONGEST // 10 if verdict.valid else _LONGEST
    sound = "not counted: no answer solves it" if verdict.sound is None else "" if verdict.sound else "failed"
    return {
        "id": task.id,
        "category": task.category,
        "trial": scored.trial + 1,
        "right": verdict.valid,
        "error": verdict.error_type,
        "message": verdict.message[:_LONGEST],
        "sound": "" if (verdict.sound or False) == verdict.valid and verdict.sound is not None else sound or "right",
        "functions": [document["name"] for document in task.functions][:60],
        "question": [_cut(_said(turn), limit) for turn in task.question],
        "answer": [_cut(text, limit) for text in _answers(scored)],
        "expected": [_cut(text, limit) for text in _expected(scored)] if not verdict.valid else [],
        "arguments": [] if verdict.valid else _arguments(scored),
    }


def _said(messages: Sequence[dict[str, Any]]) -> str:
    if not messages:
        return "(functions appear)"
    return "\n".join(f"{message.get('role')}: {message.get('content')}" for message in messages)


def _answers(scored: Scored) -> list[str]:
    """A text for each turn."""
    if kind_of(scored.task.category) == "multi_turn" and isinstance(scored.answer, list):
        turns = [turn if isinstance(turn, list) else [turn] for turn in scored.answer]
        return ["\n".join(map(_text, turn)) or "(nothing)" for turn in turns]
    return [_text(scored.answer)]


def _expected(scored: Scored) -> list[str]:
    answer = scored.task.answer
    if answer is None:
        return ["no call" if kind_of(scored.task.category) == "irrelevance" else "any call"]
    if kind_of(scored.task.category) == "multi_turn":
        return ["\n".join(turn) or "(nothing can be done in this turn)" for turn in answer]
    return [json.dumps(call, ensure_ascii=False) for call in answer]


def _arguments(scored: Scored) -> list[dict[str, str]]:
    """Each argument of the first expected call beside what was given, where a call of that name was made."""
    answer = scored.task.answer
    if kind_of(scored.task.category) != "ast" or not answer:
        return []
    decoder = Decoder("text" if isinstance(scored.answer, str) else "calls")
    try:
        calls = decoder.calls(scored.answer)
    except Unreadable:
        return []
    rows = []
    for expected in answer if well_formed(calls) else []:
        name = next(iter(expected))
        written = name.replace(".", "_") if decoder.underscores else name
        given = next((call[written] for call in calls if written in call), None)
        if given is None:
            rows.append({"name": name, "given": "not called", "expected": "", "off": "missing"})
            continue
        for parameter, (value, among, fault) in argument_faults(scored.task, given, expected).items():
            shown = _text(value) if parameter in given else "–"
            off = fault.kind if fault else ""
            wanted = _text(among)
            rows.append({"name": parameter, "given": shown[:500], "expected": wanted[:500], "off": off})
    return rows[:100]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[:limit]}\n… and {len(text) - limit} more characters"
