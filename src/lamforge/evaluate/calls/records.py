"""The form that expectations are written in: tools, and cases of a query with what should come of it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from lamforge.messages import content_id


class ExpectedCall(BaseModel):
    """One call that is wanted.

    Args:
        arguments: The right value of each parameter that should be given.
        also: By parameter, other values that are as right.
        optional: Parameters that may as well be left out. Where the right value is the schema's own default this goes
            without saying; so does giving the default of a parameter that is not named here.
    """

    model_config = ConfigDict(extra="forbid")

    name: str
    arguments: dict[str, Any] = Field(default_factory=dict)
    also: dict[str, list[Any]] = Field(default_factory=dict)
    optional: list[str] = Field(default_factory=list)

    def right(self, parameter: str) -> list[Any]:
        """The values of a parameter that are right."""
        return [self.arguments[parameter], *self.also.get(parameter, ())]


class Case(BaseModel):
    """A query with the tools that are offered, and exactly one expectation: calls, a question, or a refusal.

    Args:
        tools: Names of the tools that are offered; all of its file by default.
        calls: What should be called, in any order.
        ask: Parameters that the query leaves open: nothing may be called, and something must be asked.
        refuse: Why no tool fits: nothing may be called.
        system: A message that stands before the query.
    """

    model_config = ConfigDict(extra="forbid")

    id: str = ""
    query: str = Field(min_length=1)
    tools: list[str] | None = None
    category: str = ""
    system: str | None = None
    calls: list[ExpectedCall] | None = Field(default=None, min_length=1)
    ask: list[str] | None = Field(default=None, min_length=1)
    refuse: str | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _one_expectation(self) -> Case:
        if sum(each is not None for each in (self.calls, self.ask, self.refuse)) != 1:
            raise ValueError("exactly one of calls, ask and refuse must be said")
        return self

    @property
    def wants(self) -> Literal["calls", "ask", "refuse"]:
        """What should come of the query."""
        return "calls" if self.calls is not None else "ask" if self.ask is not None else "refuse"

    @property
    def group(self) -> str:
        """What its result is grouped by."""
        if self.category:
            return self.category
        return self.wants if self.calls is None else "one call" if len(self.calls) == 1 else "several calls"


class Checked(BaseModel):
    """A case with its tools, in OpenAI's wrapper."""

    case: Case
    offered: list[dict[str, Any]]

    @property
    def digest(self) -> str:
        """A hash of all that the case consists of."""
        return content_id(self.case.model_dump(), self.offered)


class CaseFile(BaseModel):
    """The content of one file; `tools` is a list of tools, or the name of a JSON file with one."""

    model_config = ConfigDict(extra="forbid")

    tools: list[dict[str, Any]] | str = Field(default_factory=list)
    cases: list[Case] = Field(default_factory=list)
