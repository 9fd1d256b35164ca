"""A loaded domain."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from lamforge.domains.declare import Rule, Tool
from lamforge.domains.environment import Environment
from lamforge.domains.naming import named
from lamforge.domains.remote import RemoteEnvironment, RemoteSession, RemoteSettings, unusable
from lamforge.domains.state import BaseState, Tables
from lamforge.domains.task import Task
from lamforge.domains.wording import Wording
from lamforge.tools.sandbox import Level


class Header(BaseModel):
    """The content of `domain.yaml`."""

    model_config = ConfigDict(extra="forbid")

    name: str
    description: str
    owner: str | None = None  # the table whose records own the others; tasks are split by it
    remote: RemoteSettings | None = None  # of a domain with tools.json


class Domain:
    """A loaded domain. It is never changed: each `environment()` has a state of its own."""

    def __init__(
        self,
        folder: Path,
        header: Header,
        policy: str,
        tables: Tables,
        tools: list[Tool],
        rules: list[Rule],
        wording: Wording,
        tasks: list[Task],
        digest: str,
        *,
        session: RemoteSession | None = None,
        execution: dict[str, Any] | None = None,
        held_out: Wording | None = None,
    ) -> None:
        self.folder = folder
        self.name = header.name
        self.description = header.description
        self.owner = header.owner
        self.policy = policy
        self.base = BaseState(tables)
        self.rules = rules
        self.wording = named(wording, [tool.schema for tool in tools])
        self.held_out_wording = self.wording.told_otherwise(held_out or Wording())
        self.tasks = tasks
        self.digest = digest  # SHA-256 of all its files: which version of the domain a result belongs to
        self.execution = execution or {"tools": "in-process"}  # where its code runs, for the manifests of runs
        self.unusable = unusable(session, tools)  # tool -> why no task can have it
        self._session = session
        self._tools = {tool.name: tool for tool in tools}

    @property
    def tools(self) -> list[dict[str, Any]]:
        """The tools as OpenAI describes them."""
        return [tool.schema for tool in self._tools.values()]

    @property
    def tool_names(self) -> list[str]:
        """The names of the tools, in the order of `tools.py`."""
        return list(self._tools)

    @property
    def parameters(self) -> dict[str, dict[str, Any]]:
        """What the arguments of each tool's calls have to fit, by the tool's name."""
        return {name: tool.parameters for name, tool in self._tools.items()}

    @property
    def sandbox(self) -> Level | None:
        """How far the domain's code is confined: whoever loads it again must not ask for less."""
        return self.execution.get("level")

    @property
    def shared_servers(self) -> list[str]:
        """The servers that execute its tools and that other processes can reach, too: one at a time should."""
        return [where for where in self.execution.get("servers", {}).values() if isinstance(where, str)]

    def tool(self, name: str) -> Tool | None:
        """The declared tool of that name, if there is one."""
        return self._tools.get(name)

    def environment(self) -> Environment:
        """A fresh environment in the starting state."""
        return Environment(self) if self._session is None else RemoteEnvironment(self, self._session)

    def close(self) -> None:
        """Ends what runs for this domain: connections to its server, processes of its own."""
        if self._session is not None:
            self._session.close()
