"""Which rules of the policy a run puts to the test.

A rule is *covered* if the run holds one of three traces of it: something rejected *broke* it, an agent *cites* it in a
kept conversation, or a kept conversation *depends* on a step that the rule demands: without one of its turns or lookups
it would break the rule. That a task's author was shown a rule (*in focus*) is counted, and proves nothing.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from lamforge.domains import Call, Domain, Rule, Task, Trace
from lamforge.generate.report import tools
from lamforge.generate.report.records import Record, Rejected
from lamforge.messages import Message, Trajectory
from lamforge.near_duplicates import words_of


@dataclass(frozen=True)
class RuleUse:
    """The traces of one rule; `depending` is None where the domain is not at hand."""

    name: str
    sentence: str
    in_focus: int  # kept tasks whose author was shown it
    broken: int  # rejected proposals and conversations that broke it
    cited: int  # kept conversations in which the agent says it, word for word
    depending: bool | None  # whether a kept conversation would break it without one of its turns or lookups

    @property
    def covered(self) -> bool:
        """Whether the run puts it to the test."""
        return bool(self.broken or self.cited or self.depending)


@dataclass
class RuleCoverage:
    """Looks for traces of the rules.

    Args:
        rules: The sentence of each rule, by name.
        domain: The run's own, with its rules as functions.
    """

    rules: Mapping[str, str]
    domain: Domain | None = None
    _focus: Counter[str] = field(default_factory=Counter)
    _broken: Counter[str] = field(default_factory=Counter)
    _cited: Counter[str] = field(default_factory=Counter)
    _depending: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._words = {name: _flat(sentence) for name, sentence in self.rules.items()}

    def add(self, record: Record) -> None:
        """Looks at one record."""
        if isinstance(record, Task):
            shown = record.provenance.get("rules") or ()
            self._focus.update(name for name, sentence in self.rules.items() if sentence in shown)
        elif isinstance(record, Trajectory):
            said = " ".join(_flat(m.content) for m in record.messages if m.role == "assistant" and m.content)
            self._cited.update(name for name, words in self._words.items() if words in said)
            self._look_for_dependence(record)
        elif isinstance(record, Rejected):
            told = record.trajectory.verdict.failures if record.trajectory else [_named(record)]
            self._broken.update(
                name
                for name, sentence in self.rules.items()
                if any(each.startswith(f"{name}: ") or each == sentence for each in told)
            )

    def result(self) -> list[RuleUse]:
        """All rules, in the domain's order."""
        return [
            RuleUse(
                name,
                sentence,
                self._focus[name],
                self._broken[name],
                self._cited[name],
                None if self.domain is None else name in self._depending,
            )
            for name, sentence in self.rules.items()
        ]

    def _look_for_dependence(self, talk: Trajectory) -> None:
        missing = [rule for rule in (self.domain.rules if self.domain else ()) if rule.name not in self._depending]
        if missing and self.domain is not None:
            for trace in _poorer(talk, self.domain):
                self._depending.update(rule.name for rule in missing if _breaks(trace, rule))


def _named(record: Rejected) -> str:
    """The sentence of the rule that a proposal's rejection names; see `lamforge.generate.checks`."""
    return record.detail.partition("the actions break a rule of the policy: ")[2].strip()


def _flat(text: str) -> str:
    return f" {' '.join(words_of(text))} "


def _poorer(talk: Trajectory, domain: Domain) -> Iterator[Trace]:
    """The conversation without what one of its turns says, or without one of its lookups; nothing is executed."""
    calls = [_executed(call, domain) for call in tools.calls_of(talk)]
    for place, message in enumerate(talk.messages):
        if message.role in ("user", "assistant") and message.content and not message.tool_calls:
            silent = Message(role=message.role, content="")
            yield Trace([*talk.messages[:place], silent, *talk.messages[place + 1 :]], calls, domain.base)
    for call in calls:
        if call.kind == "read" and call.ok:
            yield Trace(talk.messages, [other for other in calls if other is not call], domain.base)


def _executed(call: tools.Call, domain: Domain) -> Call:
    declared = domain.tool(call.name)
    result: Any = call.result
    with suppress(ValueError, RecursionError):
        result = json.loads(call.result)
    error = call.result if call.refused else None
    kind = declared.kind if declared else "read"
    return Call(call.name, kind, call.arguments, None if error else result, error, call.position)


def _breaks(trace: Trace, rule: Rule) -> bool:
    try:
        return bool(rule.failures(trace))
    except Exception:  # a user's own code, over a conversation that never happened
        return False
