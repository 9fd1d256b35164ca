"""What tau2-bench's two environments share: how its tools are named, and the two that touch no data."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from lamforge.domains import State, ToolError
from lamforge.domains.state import Tables
from lamforge.evaluate.tau import arithmetic
from lamforge.evaluate.tau.kit import Toolkit


def toolkit(owner: str, shape: type[BaseModel]) -> Toolkit:
    """An environment's tools, with the ones that both have.

    Args:
        owner: The name of the class that they are methods of in the original.
        shape: Of the state; a field is a table.
    """
    kit = Toolkit(lambda name: f"{owner}.{name}", tuple(shape.model_fields), lambda tables: _typed(tables, shape))
    for function in (calculate, transfer_to_human_agents):
        kit.read(function)
    return kit


def _typed(tables: Tables, shape: type[BaseModel]) -> Tables:
    return shape.model_validate(tables).model_dump()


def plain(value: Any) -> Any:
    """A record, or a list of them, as JSON."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value.model_dump() if isinstance(value, BaseModel) else value


def calculate(_: State, /, expression: str) -> str:
    if not arithmetic.allowed(expression):
        raise ToolError("Invalid characters in expression")
    return arithmetic.calculate(expression)


def transfer_to_human_agents(_: State, /, summary: str) -> str:
    return "Transfer successful"
