"""One server and where it stands: which writes were made since its start, and how to bring it to any others.

Environments are histories of writes. Before one asks, the server is brought to its history: by the writes that are
missing, or from the start. So several environments can share a server, and several processes, one asking at a time.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from lamforge.domains.remote.clock import clock_field
from lamforge.domains.remote.lock import ServerLock
from lamforge.domains.remote.observation import Observer
from lamforge.domains.remote.reset import Reset
from lamforge.domains.remote.settings import RemoteSettings
from lamforge.domains.remote.tables import first_difference, without
from lamforge.domains.state import BaseState, Tables
from lamforge.errors import DomainError, ServerError, bounded
from lamforge.messages import canonical_json
from lamforge.tools.refusal import ToolError
from lamforge.tools.remote import Cassette, HttpServer, McpCommand, McpHttp, PythonFile, RemoteTool, ToolFile
from lamforge.tools.remote.callers import Callers

Write = tuple[str, str]  # (tool, arguments as canonical JSON)
History = tuple[Write, ...]


class RemoteSession:
    """The way to the server of one domain.

    Args:
        folder: Of the domain.
        base: The state that the server is expected to start in; without tables, any.
    """

    def __init__(self, folder: Path, file: ToolFile, settings: RemoteSettings, base: BaseState) -> None:
        self._folder = folder
        self._file = file
        self._tools = {tool.name: tool for tool in file.tools}
        self._callers = Callers(file, folder)
        self._base = base
        self._volatile = set(settings.volatile)
        self._replaying = settings.recording == "replay"
        self._cassette = None
        if settings.recording != "off":
            self._cassette = Cassette(folder / settings.recordings, settings.recording)
        self._reset = Reset(settings, file, self._callers)
        self._observer = Observer(file.tools, settings, lambda tool, arguments: self._ask(tool, arguments))
        shared = sorted(s.url for s in file.servers.values() if isinstance(s, HttpServer | McpHttp))
        self._lock = ServerLock(" ".join(shared), settings.wait_s) if shared and not self._replaying else None
        self._turn = threading.RLock()
        self._done: History | None = None  # the writes since the server's start; None when that is not known
        self._seen: tuple[History, Tables] | None = None  # what was observed last
        self._start: BaseState | None = None

    def call(self, history: History, name: str, arguments: dict[str, Any]) -> tuple[Any, History]:
        """(what a tool answers after the writes of a history, the history with this call).

        Raises:
            ToolError: if it refuses.
            ServerError: if the server fails; it is brought back to its start before it is used again.
            DomainError: if it cannot be brought to the history.
        """
        tool = self._tools[name]
        if tool.kind == "write" and not self.can_go_back:
            _ = self.start  # it will not be seen again
        with self._at(history):
            if tool.kind == "read":
                return self._ask(tool, arguments), history
            return self._write(tool, arguments), (*history, (name, canonical_json(arguments)))

    def observed(self, history: History) -> Tables:
        """The state after the writes of a history, as far as it can be seen."""
        if not history:
            return self.start.tables
        with self._at(history):
            if self._seen is None or self._seen[0] != history:
                self._seen = (history, self._observer.observe())
            return self._seen[1]

    @property
    def start(self) -> BaseState:
        """The state that the server starts in.

        Raises:
            DomainError: if it is not the one in `state.json`.
        """
        if self._start is None:
            with self._at(()):
                tables = self._observer.observe()
            if self._base.tables and (difference := first_difference(self._base.tables, tables)):
                what = f"the server does not start in this state: {difference}"
                remedy = "Reset the server; or observe it anew: lamforge tools import SOURCE --out DIR --harvest."
                raise DomainError(what, where=self._folder / "state.json", remedy=remedy)
            self._start = BaseState(tables)
        return self._start

    def close(self) -> None:
        """Ends connections and processes; the next call begins anew."""
        self._callers.close()
        if self._lock is not None:
            self._lock.close()
        self._done = self._seen = None

    @property
    def can_go_back(self) -> bool:
        """Whether the server can be brought to an earlier state."""
        return self._reset.possible

    @property
    def code_files(self) -> list[Path]:
        """The Python files whose functions are among the tools."""
        return [self._folder / s.file for s in self._file.servers.values() if isinstance(s, PythonFile)]

    def describe(self) -> dict[str, Any]:
        """Where the tools run, for the manifests of runs: each server's address, or process and what confines it."""
        described: dict[str, Any] = {}
        for name, server in self._file.servers.items():
            if isinstance(server, PythonFile):
                described[name] = {"python": server.sandbox, **self._callers.measures(name)}
            elif isinstance(server, McpCommand):
                described[name] = {"command": [server.command, *server.args]}
            else:
                described[name] = server.url
        return described

    @contextmanager
    def _at(self, history: History) -> Iterator[None]:
        """Holds the server where a history leads to."""
        with self._turn, self._lock.held() if self._lock else nullcontext(True) as undisturbed:
            if not undisturbed:
                self._disturbed()
            if self._done is None and not self._reset.possible and self._start is None:
                self._done = ()  # it stands where somebody has brought it
            if self._done is None or history[: len(self._done)] != self._done:
                self._back()
            for name, arguments in history[len(self._done or ()) :]:
                self._again(name, arguments)
            yield

    def _disturbed(self) -> None:
        """Somebody else has asked the server since we did."""
        if self._done and not self._reset.possible:
            what = "the server was used by another process, and nothing brings it back to where this one left it"
            raise DomainError(what, where=self._folder / "domain.yaml", remedy="Set remote.reset.")
        self._done = self._seen = None

    def _back(self) -> None:
        """Brings the server to its start."""
        if not self._reset.possible:
            what = "the server cannot be brought back to an earlier state"
            remedy = 'Say how under remote.reset, such as reset: "POST /reset", or restart for a process.'
            raise DomainError(what, where=self._folder / "domain.yaml", remedy=remedy)
        self._done = self._seen = None
        if not self._replaying:
            self._reset()
        self._done = ()

    def _again(self, name: str, arguments: str) -> None:
        try:
            self._write(self._tools[name], json.loads(arguments))
        except ToolError as error:
            what = f"refuses {name} {bounded(arguments)}, which it had accepted: {error}"
            remedy = "Does the reset bring all of it back? Do others use the server?"
            raise ServerError(what, where=self._folder, remedy=remedy) from error

    def _write(self, tool: RemoteTool, arguments: dict[str, Any]) -> Any:
        """Calls a write. Until it has answered nobody knows where the server stands."""
        before, self._seen = self._done, None
        assert before is not None
        try:
            result = self._ask(tool, arguments)
        except ToolError:
            raise
        except BaseException:
            self._done = None
            raise
        self._done = (*before, (tool.name, canonical_json(arguments)))
        if self.can_go_back and not self._replaying and (field := clock_field(result, datetime.now(timezone.utc))):
            what = f"{tool.name} answers with the time of day in {field!r}, which is another one in every replay"
            remedy = f"Leave it out of all answers: volatile: [{field}] under remote."
            raise DomainError(what, where=self._folder / "domain.yaml", remedy=remedy)
        return result

    def _ask(self, tool: RemoteTool, arguments: dict[str, Any]) -> Any:
        """Calls a tool where the server stands now, or takes what was recorded of that."""
        if self._cassette is None:
            answer = self._callers.call(tool, arguments)
        else:
            context = canonical_json(self._done)
            asked = [tool.name, arguments]
            answer = self._cassette.outcome(asked, lambda: self._callers.call(tool, arguments), context=context)
        return without(answer, self._volatile)
