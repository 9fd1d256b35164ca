"""How much of what: the settings of `lamforge generate synthetic`."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Kinds(BaseModel):
    """Weights of the kinds of exchange."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    call: float = Field(default=0.60, ge=0)  # "simple" where one tool is offered, else "multiple"
    parallel: float = Field(default=0.09, ge=0)  # one tool, several calls
    parallel_multiple: float = Field(default=0.07, ge=0)  # several tools
    follow_up: float = Field(default=0.07, ge=0)  # the call before, with another value
    irrelevant: float = Field(default=0.09, ge=0)  # no tool fits
    missing: float = Field(default=0.08, ge=0)  # a required value is not said
    small_talk: float = Field(default=0.03, ge=0)
    forced: float = Field(default=0.02, ge=0)  # the person names the tool


class Shares(BaseModel):
    """What the corpus is made of."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kinds: Kinds = Kinds()
    one_tool: float = Field(default=0.22, ge=0, le=1)  # conversations that offer one tool
    no_tools: float = Field(default=0.02, ge=0, le=1)  # conversations that offer none
    made_up: float = Field(default=0.15, ge=0, le=1)  # conversations whose tools have made-up names
    single_exchange: float = Field(default=0.34, ge=0, le=1)  # conversations that end after the first answer
    system: float = Field(default=0.1, ge=0, le=1)  # conversations with a system message of their own
    failures: float = Field(default=0.04, ge=0, le=1)  # calls that come back with an error
    same_tools: int = Field(default=1, ge=1)  # records in a row that offer the same: for shared prefixes
    max_tools: int = Field(default=8, ge=1, le=16)
    max_exchanges: int = Field(default=6, ge=1, le=12)
    max_chars: int = Field(default=2800, ge=300, le=20_000)  # of tools, as compact JSON, and messages
    extra: float = Field(default=0.0, ge=0, le=1)  # tools with other parameters beside their own: see extras.py
    lean: bool = False  # short descriptions, few optional parameters
