"""Which tools the kept conversations call, with which optional arguments and which of the values to choose from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from lamforge.messages import Trajectory, canonical_json

_REFUSED = "Error: "  # how a tool's refusal begins; see `lamforge.domains.result_text`
_MOST_VALUES = 50  # of one argument that are looked at


@dataclass(frozen=True)
class Argument:
    """How an argument is used in a tool's successful calls: whether it is given, and the values to choose from."""

    tool: str
    name: str
    optional: bool
    calls: int
    given: int
    values: dict[str, int]  # value of an enumeration, as JSON -> calls with it

    @property
    def unseen(self) -> list[str]:
        """The values to choose from that no call has."""
        return [value for value, count in self.values.items() if not count]


@dataclass(frozen=True)
class ToolUse:
    """How often a tool is called in kept conversations, and why it is not if nobody does."""

    name: str
    kind: str
    calls: int
    refused: int
    conversations: int
    unused: str


@dataclass(frozen=True)
class Call:
    """One call of a conversation with its result, as the conversation holds them."""

    name: str
    arguments: dict[str, Any]
    result: str
    position: int  # of the message that made it

    @property
    def refused(self) -> bool:
        """Whether the tool refused it."""
        return self.result.startswith(_REFUSED)


def calls_of(talk: Trajectory) -> list[Call]:
    """A conversation's calls with their results."""
    results = {m.tool_call_id: m.content or "" for m in talk.messages if m.role == "tool"}
    return [
        Call(call.function.name, call.function.arguments, results.get(call.id, ""), position)
        for position, message in enumerate(talk.messages)
        for call in message.tool_calls or ()
    ]


@dataclass
class ToolCoverage:
    """Counts the calls of kept conversations."""

    _schemas: dict[str, dict[str, Any]] = field(default_factory=dict)
    _calls: Counter[str] = field(default_factory=Counter)
    _refused: Counter[str] = field(default_factory=Counter)
    _conversations: Counter[str] = field(default_factory=Counter)
    _given: Counter[tuple[str, str]] = field(default_factory=Counter)
    _values: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def add(self, talk: Trajectory, calls: list[Call]) -> None:
        """Counts a kept conversation."""
        for tool in talk.tools:
            function = tool.get("function", tool)
            self._schemas.setdefault(str(function.get("name")), function.get("parameters") or {})
        self._conversations.update({call.name for call in calls})
        for call in calls:
            self._calls[call.name] += 1
            self._refused[call.name] += call.refused
            if not call.refused:
                for name, value in call.arguments.items():
                    self._given[call.name, name] += 1
                    for each in value if isinstance(value, list) else [value]:
                        self._values[call.name, name, canonical_json(each)] += 1

    def tools(self, kinds: Mapping[str, str], unused: Mapping[str, str]) -> list[ToolUse]:
        """All tools, the most called first.

        Args:
            kinds: The kind of each tool that the run had.
            unused: Tools that no task can use, and why.
        """
        names = dict.fromkeys([*kinds, *self._schemas, *self._calls])
        found = [
            ToolUse(
                name,
                kinds.get(name, ""),
                self._calls[name],
                self._refused[name],
                self._conversations[name],
                "" if self._calls[name] else unused.get(name, "no kept conversation calls it"),
            )
            for name in names
        ]
        return sorted(found, key=lambda tool: -tool.calls)

    def arguments(self) -> list[Argument]:
        """The arguments that may be left out, and those with values to choose from."""
        found = []
        for tool, schema in self._schemas.items():
            required = schema.get("required") or ()
            calls = self._calls[tool] - self._refused[tool]
            for name, inner in (schema.get("properties") or {}).items():
                values = {v: self._values[tool, name, v] for v in _choices(inner, schema)}
                if name not in required or values:
                    found.append(Argument(tool, name, name not in required, calls, self._given[tool, name], values))
        return found


def _choices(schema: Any, root: dict[str, Any], depth: int = 4) -> list[str]:
    """The values that a schema lists, as JSON: of an enumeration, of a truth value, of the items of a list."""
    found: dict[str, None] = {}
    for part in _parts(schema, root, depth):
        listed = part.get("enum") or ([False, True] if part.get("type") == "boolean" else [part.get("const")])
        found |= dict.fromkeys(canonical_json(value) for value in listed if value is not None)
    return list(found)[:_MOST_VALUES]


def _parts(schema: Any, root: dict[str, Any], depth: int) -> Iterator[dict[str, Any]]:
    """A schema with its alternatives, its items and what it refers to."""
    if not isinstance(schema, dict) or not depth:
        return
    yield schema
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    for inner in [schema.get("items"), (root.get("$defs") or {}).get(name), *(schema.get("anyOf") or ())]:
        yield from _parts(inner, root, depth - 1)
