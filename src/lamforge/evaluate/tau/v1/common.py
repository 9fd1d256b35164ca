"""What tau-bench's two environments share: how its tools are named, and the three that touch no data."""

from __future__ import annotations

from typing import Any

from lamforge.domains import State, ToolError
from lamforge.domains.state import Table
from lamforge.evaluate.tau import arithmetic
from lamforge.evaluate.tau.kit import Toolkit


def toolkit(*tables: str) -> Toolkit:
    """An environment's tools, with the ones that both have."""
    kit = Toolkit(lambda name: name.title().replace("_", "") + ".invoke", tables)
    for function in (calculate, think, transfer_to_human_agents):
        kit.read(function)
    return kit


def found(table: Table, key: Any, what: str) -> dict[str, Any]:
    """The record of that id."""
    if key not in table:
        raise ToolError(f"{what} not found")
    return table[key]


def calculate(_: State, /, expression: str) -> str:
    if not arithmetic.allowed(expression):
        raise ToolError("invalid characters in expression")
    return arithmetic.calculate(expression)


def think(_: State, /, thought: str) -> str:
    return ""


def transfer_to_human_agents(_: State, /, summary: str) -> str:
    return "Transfer successful"
