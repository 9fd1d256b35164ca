"""The part of `domain.yaml` that a domain with `tools.json` has: how its server is brought back, what of it is seen."""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

RESTART = "restart"
_REQUEST = re.compile(r"(POST|PUT|PATCH|DELETE|GET) (/\S*)")


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Call(_Settings):
    """A call of one of the tools in `tools.json`."""

    tool: str
    arguments: dict[str, Any] = Field(default_factory=dict)
    table: str | None = None  # in which what it shows is kept


class RemoteSettings(_Settings):
    """The content of `remote:` in `domain.yaml`."""

    reset: str | Call | None = None  # "restart", a request such as "POST /reset", a tool's name, or a call
    reset_body: dict[str, Any] | None = None  # JSON that is sent with a request
    observe: list[str | Call] | None = None  # the reads that show the state; by default all that can be found
    volatile: list[str] = Field(default_factory=list)  # fields that differ every time, such as created_at
    recording: Literal["off", "record", "replay"] = "off"
    recordings: str = "recordings.jsonl"
    wait_s: float = Field(default=30.0, ge=0, le=3600)  # for another process that uses the same server

    @field_validator("reset")
    @classmethod
    def _is_known(cls, reset: Any) -> Any:
        if not isinstance(reset, str) or reset == RESTART or _REQUEST.fullmatch(reset):
            return reset
        if " " in reset:
            raise ValueError('is neither "restart" nor a request such as "POST /reset" nor the name of a tool')
        return Call(tool=reset)

    @property
    def request(self) -> tuple[str, str] | None:
        """(method, path) if a request resets the server."""
        found = _REQUEST.fullmatch(self.reset) if isinstance(self.reset, str) else None
        return (found[1], found[2]) if found else None
