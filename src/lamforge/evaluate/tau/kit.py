"""What the tools of an environment are written with. It knows no domain."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import FunctionType
from typing import Any

from lamforge.domains import State
from lamforge.domains.declare import Kind
from lamforge.domains.state import Record, Tables

Function = Callable[..., Any]


@dataclass(frozen=True)
class TauTool:
    """One tool: a function of the state and the call's arguments that returns a text, or raises what is wrong."""

    name: str
    kind: Kind
    function: Function


class Toolkit:
    """The tools of one environment by one set of rules.

    A call with missing or unknown arguments is refused by Python itself, and the model reads what Python says: so each
    function bears the name that it has in the original.

    Args:
        original_name: The qualified name of a tool's function in the original, given the tool's.
        tables: The tables of the state.
        normalise: Brings the tables of the data files into the state's shape; raises ValueError if they have another.
    """

    def __init__(
        self,
        original_name: Callable[[str], str],
        tables: tuple[str, ...],
        normalise: Callable[[Tables], Tables] = lambda tables: tables,
    ) -> None:
        self.tables = tables
        self.normalise = normalise
        self._original_name = original_name
        self._tools: dict[str, TauTool] = {}

    def __getitem__(self, name: str) -> TauTool:
        return self._tools[name]

    def __contains__(self, name: object) -> bool:
        return name in self._tools

    @property
    def names(self) -> list[str]:
        """All tools, in the order of their definition."""
        return list(self._tools)

    def read(self, function: Function) -> Function:
        """Declares a tool that leaves the state as it is."""
        return self._declare("read", function)

    def write(self, function: Function) -> Function:
        """Declares a tool that changes the state; what it has changed before it fails stays changed."""
        return self._declare("write", function)

    def _declare(self, kind: Kind, function: Function) -> Function:
        name = function.__name__
        own = FunctionType(function.__code__, function.__globals__, name)  # because two kits may have the same function
        own.__annotations__ = function.__annotations__
        own.__qualname__ = self._original_name(name)
        self._tools[name] = TauTool(name, kind, own)
        return function


def matching(db: State, table: str, fits: Callable[[Record], bool]) -> str | None:
    """The id of the first record that fits, in the table's order; nothing is copied."""
    records = db[table]
    return next((key for key in records if fits(records.peek(key))), None)
