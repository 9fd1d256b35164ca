"""What tau2-bench's two desks share: how its tools are named, typed records, and refusals that begin with a capital."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import BaseModel

from lamforge.domains import ToolError
from lamforge.domains.state import Tables
from lamforge.evaluate.tau.desks.desk import Desk


class Tau2Desk(Desk):
    """A desk of tau2-bench."""

    owner: ClassVar[str]  # the class that its tools are methods of in the original
    shape: ClassVar[type[BaseModel]]  # of the state; a field is a table

    @classmethod
    def original_name(cls, tool: str) -> str:
        """A method of one class."""
        return f"{cls.owner}.{tool}"

    @classmethod
    def normalise(cls, tables: Tables) -> Tables:
        """The records with the types that they have in the original."""
        return cls.shape.model_validate(tables).model_dump()

    def refusal(self, text: str) -> ToolError:
        """The same words with a capital."""
        return ToolError(text[:1].upper() + text[1:])


def plain(value: Any) -> Any:
    """A record, or a list of them, as JSON."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value.model_dump() if isinstance(value, BaseModel) else value
