"""The tools of a desk, by name, as an environment calls them. It knows no domain."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import FunctionType
from typing import Any

from lamforge.domains.declare import Kind
from lamforge.domains.state import Tables
from lamforge.evaluate.tau.desks.desk import Desk


@dataclass(frozen=True)
class TauTool:
    """One tool: a function of a desk and the call's arguments that returns a text, or raises what is wrong."""

    name: str
    kind: Kind
    function: Callable[..., Any]


class Toolkit:
    """The tools of one environment by one set of rules, and the desk that they are used at."""

    def __init__(self, desk: type[Desk]) -> None:
        self.desk = desk
        owners = reversed(desk.__mro__)
        names = (name for owner in owners for name, value in vars(owner).items() if hasattr(value, "kind"))
        self._tools = {name: _tool(name, getattr(desk, name), desk) for name in names}

    def __getitem__(self, name: str) -> TauTool:
        return self._tools[name]

    def __contains__(self, name: object) -> bool:
        return name in self._tools

    @property
    def names(self) -> list[str]:
        """All tools, in the order of their definition."""
        return list(self._tools)

    def normalise(self, tables: Tables) -> Tables:
        """See `Desk.normalise`."""
        return self.desk.normalise(tables)


def _tool(name: str, function: Any, desk: type[Desk]) -> TauTool:
    own = FunctionType(function.__code__, function.__globals__, name)  # because two desks may have the same function
    own.__annotations__ = function.__annotations__
    own.__qualname__ = desk.original_name(name)
    return TauTool(name, function.kind, own)
