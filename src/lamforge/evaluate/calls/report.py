"""The report on expected calls: figures, categories, and each query with what was called beside what was expected."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from lamforge.evaluate.calls.matching import argument_faults
from lamforge.evaluate.calls.records import Case, Checked, ExpectedCall
from lamforge.evaluate.differences import Made, compared
from lamforge.evaluate.plot import reliability_plot
from lamforge.evaluate.reliability import Estimate
from lamforge.evaluate.report import Figure, Report
from lamforge.evaluate.reports import (
    effort_table,
    interval_text,
    missing,
    reliability_table,
    share_bars,
    share_table,
    value_text,
)
from lamforge.evaluate.rows import Row
from lamforge.evaluate.runner import as_text
from lamforge.evaluate.summary import Summary
from lamforge.pages import call_text, shortened

_EXPLANATION = (
    "An exact call has the right tool and all arguments right: texts are compared without case, spaces and light "
    "punctuation, as BFCL does it; a parameter's default may be given or left out. Several calls count together, in "
    "any order. Where no tool fits, or a value is missing, nothing may be called and something must be said; where a "
    "value is missing it must be a question for it. Intervals are of 95 % and resample cases. Failures of the engine "
    "are never scored."
)
_LONGEST = 2000  # characters of one text


def call_report(summary: Summary, rates: Sequence[tuple[str, int, Estimate]]) -> Report:
    """The report on a summary; `rates` are its figures with the number of cases behind each."""
    return Report(
        model=summary.model,
        subject=f"{summary.suite}, {summary.part.amount}" if summary.part else summary.suite,
        part=str(summary.part or ""),
        lead=f"{summary.tasks} cases, {summary.trials} trials each: {summary.passed} of {summary.episodes} answers are "
        "right.",
        notes=summary.notes,
        missing=missing(summary, "answers"),
        figures=[_figure(*rate) for rate in rates],
        tables=[
            reliability_table(summary),
            share_table(summary.categories, summary.trials, "By category"),
            effort_table(summary),
        ],
        made=as_text(summary.made),
        explanation=_EXPLANATION,
        noun="answers",
        plot=reliability_plot(summary.reliability, summary.baselines),
        bars=share_bars(summary.categories, summary.trials),
    )


def call_detail(checked: Checked, row: Row, passed: bool) -> dict[str, Any]:
    """What people read of one answer."""
    case, record = checked.case, row.record
    told = f"offered: {', '.join(tool['function']['name'] for tool in checked.offered)}"
    if row.state == "error":
        return {"instruction": case.query, "facts": [told], "failures": [row.error]}
    calls = record.get("calls", [])
    said = [record.get("content", ""), *(call_text(call["name"], call["arguments"]) for call in calls)]
    messages = [{"role": "system", "text": case.system, "calls": []}] if case.system is not None else []
    messages.append({"role": "user", "text": shortened(case.query, _LONGEST), "calls": []})
    messages.append(
        {"role": "assistant", "text": shortened("\n".join(filter(None, said)), _LONGEST, "rows.jsonl"), "calls": []}
    )
    problems = [problem for call in calls for problem in call["problems"]]
    return {
        "instruction": case.query,
        "facts": [told],
        "failures": [
            shortened(each, _LONGEST, "rows.jsonl")
            for each in (record.get("overflow"), record.get("problem"), *problems)
            if each
        ],
        "messages": messages,
        "comparisons": [] if passed else [{"title": "calls", **_compared(case, calls, checked.offered)}],
    }


def _compared(case: Case, calls: list[dict[str, Any]], offered: list[dict[str, Any]]) -> dict[str, Any]:
    made = [Made(call["name"], call["arguments"]) for call in calls]
    if case.calls is None:
        wanted = f"no call: {case.refuse}" if case.refuse else f"no call, a question on {', '.join(case.ask or ())}"
        return {**compared([], made), "expected": [{"name": wanted, "arguments": [], "mark": ""}]}
    schemas = {tool["function"]["name"]: tool["function"].get("parameters") or {} for tool in offered}
    expected = [
        Made(one.name, {name: _Wanted(one, name, schemas[one.name]) for name in one.arguments}) for one in case.calls
    ]
    return compared(expected, made, same=_Wanted.met_by, text=str, absent=_Wanted.may_miss)


class _Wanted:
    """One expected argument, with all its right values."""

    def __init__(self, call: ExpectedCall, name: str, parameters: dict[str, Any]) -> None:
        self._call, self._name, self._parameters = call, name, parameters

    def __str__(self) -> str:
        values = " or ".join(json.dumps(value, ensure_ascii=False) for value in self._call.right(self._name))
        return values + (" or nothing" if self.may_miss() else "")

    def met_by(self, value: Any) -> bool:
        """Whether a value is right."""
        return self._name not in argument_faults({"arguments": {self._name: value}}, self._call, self._parameters)

    def may_miss(self) -> bool:
        """Whether it may be left out."""
        return self._name not in argument_faults({"arguments": {}}, self._call, self._parameters)


def _figure(name: str, cases: int, own: Estimate) -> Figure:
    return Figure(name, "", value_text(own).removesuffix(" %"), " %", [f"95 % {interval_text(own)}", f"{cases} cases"])
