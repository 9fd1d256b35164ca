"""What every desk has: a state, how refusals are worded, and the tools that touch no data. It knows no domain."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, TypeVar

from lamforge.domains import State, ToolError
from lamforge.domains.declare import Kind
from lamforge.domains.state import Record, Tables
from lamforge.evaluate.tau import arithmetic

Function = TypeVar("Function", bound=Callable[..., str])


def read(function: Function) -> Function:
    """Declares a tool that leaves the state as it is."""
    return _declared(function, "read")


def write(function: Function) -> Function:
    """Declares a tool that changes the state; what it has changed before it fails stays changed."""
    return _declared(function, "write")


def _declared(function: Function, kind: Kind) -> Function:
    vars(function)["kind"] = kind
    return function


class Desk(ABC):
    """One state, as an agent's calls find it.

    A call with missing or unknown arguments is refused by Python itself, and the model reads what Python says: so tools
    take their arguments by the names that the original has.
    """

    def __init__(self, db: State) -> None:
        self.db = db

    @classmethod
    @abstractmethod
    def original_name(cls, tool: str) -> str:
        """The qualified name of a tool's function in the original."""

    @classmethod
    def normalise(cls, tables: Tables) -> Tables:
        """Brings the tables of the data files into the state's shape; raises ValueError if they have another."""
        return tables

    def refusal(self, text: str) -> ToolError:
        """A refusal in the words of the original; here as they stand."""
        return ToolError(text)

    def found(self, table: str, key: Any, what: str = "") -> Record:
        """The record of that id, to be changed."""
        if key not in self.db[table]:
            raise self.refusal(f"{what or table.removesuffix('s')} not found")
        return self.db[table][key]

    def matching(self, table: str, fits: Callable[[Record], bool]) -> str | None:
        """The id of the first record that fits, in the table's order; nothing is copied."""
        records = self.db[table]
        return next((key for key in records if fits(records.peek(key))), None)

    @read
    def calculate(self, /, expression: str) -> str:
        if not arithmetic.allowed(expression):
            raise self.refusal("invalid characters in expression")
        return arithmetic.calculate(expression)

    @read
    def transfer_to_human_agents(self, /, summary: str) -> str:
        return "Transfer successful"
