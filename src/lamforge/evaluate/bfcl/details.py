"""BFCL's answers as a report shows them: question, prompt, answer, and what was expected, argument by argument."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from lamforge.evaluate.bfcl.ast_checker import argument_faults
from lamforge.evaluate.bfcl.backends import BackEnds
from lamforge.evaluate.bfcl.decoding import Call, Decoder, Unreadable, well_formed
from lamforge.evaluate.bfcl.functions import as_tools, hinted
from lamforge.evaluate.bfcl.multi_turn import fresh_back_ends
from lamforge.evaluate.bfcl.scoring import Scored
from lamforge.evaluate.bfcl.suites import kind_of
from lamforge.evaluate.bfcl.tasks import BfclTask
from lamforge.evaluate.differences import more
from lamforge.formats import Format
from lamforge.pages import call_text, shortened

_LONGEST = 3000  # characters of one text; of right answers' a tenth of it
_WHOLE = "rows.jsonl"  # where nothing is cut
_VALUE = 500  # characters of a value

Detail = dict[str, Any]


def detail_of(
    scored: Scored, record: dict[str, Any], decoder: Decoder, classes: dict[str, type], format: Format | None
) -> Detail:
    """What people read of an answer.

    Args:
        record: What was played; empty for answers of others.
        format: What prompts are rendered in, in the mode `completions`.
    """
    task, wrong = scored.task, not scored.verdict.valid
    talk = _Talk(_LONGEST if wrong else _LONGEST // 10)
    if kind_of(task.category) == "multi_turn":
        talk.turns(task, scored.answer, record.get("results") or [], decoder, classes if wrong else {})
        comparisons = _turns_compared(task, scored.answer, decoder) if wrong else []
    else:
        talk.asked(task.question[0])
        talk.said("assistant", _text(scored.answer))
        comparisons = [_compared(scored, decoder)] if wrong else []
    detail: Detail = {"messages": talk.messages, "comparisons": comparisons}
    if record.get("ended", "answered") != "answered":
        detail["facts"] = [f"ended: {record['ended']}"]
    if wrong:
        detail["prompt"] = _prompt(task, format)
        detail["output"] = shortened(_text(scored.answer), _LONGEST, _WHOLE)
    return detail


class _Talk:
    """The messages of a conversation, as texts."""

    def __init__(self, limit: int) -> None:
        self.messages: list[dict[str, Any]] = []
        self._limit = limit

    def said(self, role: str, text: str, **more: Any) -> None:
        self.messages.append({"role": role, "text": shortened(text, self._limit, _WHOLE), "calls": [], **more})

    def asked(self, messages: Sequence[dict[str, Any]]) -> None:
        for message in messages or [{"role": "user", "content": "(further functions appear)"}]:
            self.said(str(message.get("role")), str(message.get("content")))

    def turns(
        self, task: BfclTask, answer: Any, results: list[Any], decoder: Decoder, classes: dict[str, type]
    ) -> None:
        """Turn by turn; with the back ends' classes, also what each step changed in them."""
        backs = fresh_back_ends(task, classes, owner="lamforge_") if classes else None
        turns = answer if isinstance(answer, list) else [[answer]]
        for number, asked in enumerate(task.question):
            self.asked(asked)
            steps = turns[number] if number < len(turns) and isinstance(turns[number], list) else []
            for place, step in enumerate(steps):
                self.said("assistant", _text(step))
                shown = results[number][place] if number < len(results) and place < len(results[number]) else []
                changes = _changes(backs, _calls(step, decoder)) if backs else []
                if shown or changes:
                    self.said("tool", "\n".join(shown), changes=changes)


def _changes(backs: BackEnds, calls: list[Call]) -> list[str]:
    """What calls change in the back ends, attribute by attribute."""
    before = backs.shown_state()
    for call in calls:
        backs.run(call)
    after = backs.shown_state()
    return [
        f"{name}: {shortened(before.get(name, ''), _VALUE)} → {shortened(text, _VALUE)}"
        for name, text in after.items()
        if before.get(name, "") != text
    ]


def _turns_compared(task: BfclTask, answer: Any, decoder: Decoder) -> list[dict[str, Any]]:
    """Expected and made calls of each turn, side by side; they are judged by what they do, so none is marked."""
    turns = answer if isinstance(answer, list) else []
    compared = []
    for number, lines in enumerate(task.answer or []):
        steps = turns[number] if number < len(turns) and isinstance(turns[number], list) else []
        made = [call for step in steps for call in _calls(step, decoder)]
        compared.append(
            {
                "title": f"calls of turn {number + 1}",
                "expected": [{"name": shortened(line, _LONGEST), "arguments": [], "mark": ""} for line in lines],
                "made": [{"name": _line(call), "arguments": [], "mark": ""} for call in made[:100]]
                + more(len(made) - 100, "calls"),
            }
        )
    return compared


def _compared(scored: Scored, decoder: Decoder) -> dict[str, Any]:
    """Expected calls with all alternatives beside those that were made, each wrong argument marked."""
    task = scored.task
    try:
        calls = decoder.calls(scored.answer)
    except Unreadable:
        calls = []
    if not well_formed(calls):
        calls = []
    made = [
        _shown(next(iter(call)), {k: _text(v) for k, v in next(iter(call.values())).items()}, {})
        for call in calls[:100]
    ]
    rest = more(len(calls) - len(made), "calls")
    if task.answer is None:
        wanted = "no call" if kind_of(task.category) == "irrelevance" else "any call"
        return {"title": "calls", "expected": [{"name": wanted, "arguments": [], "mark": ""}], "made": made + rest}
    left = list(range(len(made)))
    expected = []
    for entry in task.answer:
        name, alternatives = next(iter(entry.items()))
        written = name.replace(".", "_") if decoder.underscores else name
        partner = next((place for place in left if written in calls[place]), None)
        texts = {key: " or ".join(_text(each) or '""' for each in values) for key, values in alternatives.items()}
        if partner is None:
            expected.append(_shown(name, texts, {}, "missing"))
            continue
        left.remove(partner)
        faults = {
            parameter: fault.kind.rpartition(":")[2].replace("_", " ")
            for parameter, (_, _, fault) in argument_faults(task, calls[partner][written], entry).items()
            if fault
        }
        expected.append(_shown(name, texts, faults))
        given = {key: _text(value) for key, value in calls[partner][written].items()}
        made[partner] = _shown(written, given, faults)
    for place in left:
        made[place]["mark"] = "not expected"
    return {"title": "calls", "expected": expected, "made": made + rest}


def _shown(name: str, arguments: dict[str, str], faults: dict[str, str], mark: str = "") -> dict[str, Any]:
    shown = list(arguments.items())[:100]
    rows = [[str(key), shortened(value, _VALUE, _WHOLE), faults.get(key, "")] for key, value in shown]
    rows += [[each["name"], "", ""] for each in more(len(arguments) - 100, "arguments")]
    return {"name": shortened(str(name), _VALUE, _WHOLE), "arguments": rows, "mark": mark}


def _calls(step: Any, decoder: Decoder) -> list[Call]:
    try:
        return decoder.steps(step)
    except Unreadable:
        return []


def _line(call: Call) -> str:
    return shortened(call_text(str(call.name), call.arguments), _LONGEST, _WHOLE)


def _prompt(task: BfclTask, format: Format | None) -> str:
    """What the model was asked first: the exact bytes, or messages and tools as the endpoint gets them."""
    functions = hinted(task.functions, task.category)
    if format is not None:
        rendered = format.render(list(task.question[0]), functions, add_generation_prompt=True)
        return shortened(rendered, 4 * _LONGEST)
    request = {"messages": task.question[0], "tools": as_tools(functions)}
    return shortened(json.dumps(request, ensure_ascii=False, indent=1), 4 * _LONGEST)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
