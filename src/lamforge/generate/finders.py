"""Tools that find a record whose id the user does not know, such as a list of its orders or a search; by executing."""

from __future__ import annotations

import random
from typing import Any

from lamforge.domains import Domain, Environment
from lamforge.domains.speech import is_identifier, mentions
from lamforge.domains.wording import spoken
from lamforge.generate.arguments import ArgumentSampler
from lamforge.generate.graph import Graph
from lamforge.generate.names import field_of
from lamforge.generate.plan import Finder

_LONGEST_LIST = 12  # rows that people would look through
_TRIES = 3


class Finders:
    """Which read tools list records with an id, and how a user who does not know it describes one of them."""

    def __init__(self, domain: Domain, graph: Graph) -> None:
        self._domain = domain
        self._graph = graph
        keys = {key for key in graph.keys.values() if key}
        identifying = {tool for tool, _ in graph.identify}
        self._tools: dict[str, list[str]] = {}  # id field -> read tools that list records with it
        rng = random.Random(0)
        owners = graph.owners("train")
        for name in domain.tool_names:
            tool = domain.tool(name)
            assert tool is not None
            if tool.kind != "read" or name in identifying or name in domain.unusable:
                continue
            for _ in range(_TRIES):
                sampler = ArgumentSampler(graph, rng.choice(owners) if owners else None, owners, rng)
                arguments = sampler.try_sample(name)
                rows = _rows(domain.environment().execute(name, arguments).result) if arguments is not None else []
                if rows:
                    for key in keys & set(rows[0]) - {graph.owner_key}:
                        self._tools.setdefault(key, []).append(name)
                    break

    def __bool__(self) -> bool:
        return bool(self._tools)

    def find(
        self, action: dict[str, Any], arguments: ArgumentSampler, environment: Environment, rng: random.Random
    ) -> tuple[str, Any, Finder, str] | None:
        """(argument, id, finder, hint): a record that a tool lists, to stand for an argument of the action.

        One of the customer's own is kept and described; of what nobody owns, the first that is listed is taken.
        """
        known = [name for name in action if field_of(name) in self._tools]
        if not known:
            return None
        name = rng.choice(known)
        field = field_of(name)
        tool = rng.choice(self._tools[field])
        given = arguments.try_sample(tool)
        call = environment.execute(tool, given) if given is not None else None
        rows = [row for row in _rows(call.result if call else None) if field in row]
        if given is None or not rows or len(rows) > _LONGEST_LIST:
            return None
        finder = Finder(tool=tool, arguments=given)
        if given and given.keys() <= self._graph.secrets | {self._graph.owner_key}:
            row = next((row for row in rows if row[field] == action[name]), None)
            hint = self._description(row, rows, field, rng) if row else None
            return (name, action[name], finder, hint) if hint else None
        details = {n: v for n, v in given.items() if n not in self._graph.secrets}
        hint = "it is the first one with " + self._named(details) if details else "it is the first one"
        return name, rows[0][field], finder, hint

    def _description(
        self, row: dict[str, Any], rows: list[dict[str, Any]], field: str, rng: random.Random
    ) -> str | None:
        """What tells a row from the others."""
        if len(rows) == 1:
            return "it is the only one I have"
        telling = [
            name
            for name, value in row.items()
            if name != field
            and isinstance(value, str | int | float)
            and not isinstance(value, bool)
            and not (is_identifier(value) and name in self._graph.keys.values())
            and sum(mentions(spoken(other.get(name)), value) for other in rows) == 1
        ]
        if telling:
            name = rng.choice(telling)
            return "it is the one with " + self._named({name: row[name]})
        return "it is the first one in your list" if row == rows[0] else None

    def _named(self, values: dict[str, Any]) -> str:
        wording = self._domain.wording
        return " and ".join(f"{wording.nouns(n)[0]} {wording.phrases(n, v)[0]}" for n, v in values.items())


def _rows(result: Any) -> list[dict[str, Any]]:
    """The records that a result lists."""
    if isinstance(result, dict):
        lists = [value for value in result.values() if isinstance(value, list)]
        result = lists[0] if len(lists) == 1 else None
    return [row for row in result if isinstance(row, dict)] if isinstance(result, list) else []
