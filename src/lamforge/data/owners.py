"""Whose records a conversation is about: as its source says, or by the ids in its calls and results."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from lamforge.domains import load_domain
from lamforge.domains.load import BUNDLED
from lamforge.generate.graph import Graph
from lamforge.messages import Trajectory


class Owners:
    """Finds owners in conversations of known domains.

    Args:
        domains: Domains by name or folder, besides the bundled ones.
    Raises:
        DomainError: if one cannot be loaded.
    """

    def __init__(self, domains: list[str]) -> None:
        self._graphs: dict[str, Graph | None] = {}
        for each in domains:
            domain = load_domain(each)
            self._graphs[domain.name] = Graph(domain)

    def owner(self, trajectory: Trajectory) -> str | None:
        """The owner's id: what its provenance says, else the first owner that a call or a result is about."""
        told = trajectory.provenance.get("owner")
        if isinstance(told, str):
            return told
        graph = self._graph(trajectory.domain)
        if graph is None or graph.owner is None:
            return None
        tables = {key: table for table, key in graph.keys.items() if key}
        for field, value in _values(trajectory):
            place = (tables.get(field, ""), str(value))
            if place[0] == graph.owner and place[1] in graph.tables[graph.owner]:
                return place[1]
            if place in graph.owner_of:
                return graph.owner_of[place]
        return None

    def _graph(self, name: str) -> Graph | None:
        if name not in self._graphs:
            bundled = name.isidentifier() and (BUNDLED / name / "domain.yaml").is_file()
            self._graphs[name] = Graph(load_domain(name)) if bundled else None
        return self._graphs[name]


def _values(trajectory: Trajectory) -> Iterator[tuple[str, Any]]:
    """(field, value) of all that is called with or returned, in its order."""
    for message in trajectory.messages:
        for call in message.tool_calls or ():
            yield from _leaves(call.function.arguments)
        if message.role == "tool":
            try:
                yield from _leaves(json.loads(message.content or ""))
            except (ValueError, RecursionError):
                continue


def _leaves(value: Any) -> Iterator[tuple[str, Any]]:
    stack = [("", value)]
    while stack:
        field, each = stack.pop()
        if isinstance(each, dict):
            stack += [(str(key), inner) for key, inner in reversed(each.items())]
        elif isinstance(each, list):
            stack += [(field, inner) for inner in reversed(each)]
        else:
            yield field, each
