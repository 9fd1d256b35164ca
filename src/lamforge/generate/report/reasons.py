"""Why things were rejected: counts, and a few examples of each reason as texts to read."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from lamforge.generate.report.records import Rejected
from lamforge.pages import call_text, message_text

EXAMPLES = 4  # of one reason; those with different details first
_SEEN = 50  # rejections of one reason among which the examples are looked for


@dataclass(frozen=True)
class Example:
    """One thing that was rejected: what was proposed, what was said."""

    detail: str
    round: int | None
    instruction: str
    manner: str  # persona or style
    actions: list[str]
    outputs: list[str]  # what must be said
    failures: list[str]
    messages: list[dict[str, Any]]


@dataclass(frozen=True)
class Reason:
    """One reason with the number of its rejections."""

    stage: str
    kind: str
    count: int
    examples: list[Example]


@dataclass
class Reasons:
    """Collects the examples."""

    _records: dict[str, dict[str, list[Rejected]]] = field(default_factory=dict)  # reason -> detail -> records
    _seen: Counter[str] = field(default_factory=Counter)

    def add(self, record: Rejected) -> None:
        """Keeps a rejection if it can be an example."""
        self._seen[record.reason] += 1
        if self._seen[record.reason] <= _SEEN:
            self._records.setdefault(record.reason, {}).setdefault(_detail(record), []).append(record)

    def result(self, counts: Counter[str]) -> list[Reason]:
        """All reasons, the most frequent first."""
        found = []
        for reason, count in sorted(counts.items(), key=lambda each: (-each[1], each[0])):
            stage, separator, kind = reason.partition(": ")
            stage, kind = (stage, kind.removeprefix(f"{stage}: ")) if separator else ("draw", reason)
            if reason == "duplicate":
                stage, kind = reason, "like another task"
            found.append(Reason(stage, kind, count, self._examples(reason)))
        return found

    def _examples(self, reason: str) -> list[Example]:
        groups = list(self._records.get(reason, {}).values())
        ordered = [group[0] for group in groups] + [record for group in groups for record in group[1:]]
        return [_example(record) for record in ordered[:EXAMPLES]]


def _example(record: Rejected) -> Example:
    if record.style:
        return _written(record)
    blueprint = record.proposal or record.task
    talk = record.trajectory
    return Example(
        detail=_detail(record),
        round=None if talk else record.round,
        instruction=blueprint.instruction if blueprint else "",
        manner=record.task.persona if record.task else "",
        actions=[call_text(action.name, action.arguments) for action in blueprint.actions] if blueprint else [],
        outputs=blueprint.outputs if blueprint else [],
        failures=talk.verdict.failures if talk else [],
        messages=[message_text(m) for m in talk.messages if m.role != "system"] if talk else [],
    )


def _written(record: Rejected) -> Example:
    """What a generator of items wrote, which may be anything."""
    entry = record.entry if isinstance(record.entry, dict) else {"query": record.entry or ""}
    answers = entry.get("answers") or entry.get("calls") or []
    outputs = [str(entry["reply"])] if entry.get("reply") else []
    query = entry.get("query", "")
    return Example(
        detail=record.detail,
        round=None,
        instruction=query if isinstance(query, str) else json.dumps(query, ensure_ascii=False),
        manner=record.style,
        actions=[_answer(each) for each in answers] if isinstance(answers, list) else [_answer(answers)],
        outputs=outputs,
        failures=[],
        messages=[],
    )


def _answer(value: Any) -> str:
    if isinstance(value, dict) and isinstance(value.get("arguments"), dict):
        return call_text(str(value.get("name")), value["arguments"])
    return json.dumps(value, ensure_ascii=False)


def _detail(record: Rejected) -> str:
    """What was said of it, in one text."""
    said = [f"{fault.get('kind')}: {fault.get('detail')}" for fault in record.faults]
    if record.trajectory is not None:
        said = said or record.trajectory.verdict.failures
    return "\n".join([record.detail, *said] if record.detail else said)
