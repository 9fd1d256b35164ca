"""From the servers of a `tools.json` to what calls their tools."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lamforge.errors import DataError
from lamforge.tools.remote.bindings import HttpServer, PythonFile, RemoteTool, Server, ToolFile
from lamforge.tools.remote.execution import Caller


class Callers:
    """Executes the tools of one file; each server is reached when it is first needed.

    Args:
        folder: Where paths in the file start.
    """

    def __init__(self, file: ToolFile, folder: Path) -> None:
        self._file = file
        self._folder = folder
        self._open: dict[str, Caller] = {}

    def call(self, tool: RemoteTool, arguments: dict[str, Any]) -> Any:
        """See `lamforge.tools.remote.execution.Caller`."""
        if tool.binding is None:
            remedy = "Import it from a server or a Python file."
            raise DataError(f"nothing says how {tool.name!r} is executed", where=self._folder, remedy=remedy)
        return self.of(tool.binding.server).call(tool, arguments)

    def restart(self) -> None:
        """Brings all servers that are processes of ours back to their start."""
        for name in self._file.servers:
            self.of(name).restart()

    def close(self) -> None:
        """Ends all connections and processes."""
        for caller in self._open.values():
            caller.close()
        self._open.clear()

    def of(self, name: str) -> Caller:
        """What calls the tools of one server."""
        if name not in self._open:
            self._open[name] = _caller(self._file.servers[name], self._folder)
        return self._open[name]

    def measures(self, name: str) -> dict[str, str]:
        """What confines a Python file among the servers; empty for one that runs here, and for other servers."""
        return getattr(self.of(name), "measures", {})


def _caller(server: Server, folder: Path) -> Caller:
    """What calls the tools of a server; its module is loaded only then, since most domains reach none."""
    if isinstance(server, HttpServer):
        from lamforge.tools.remote.http import HttpCaller

        return HttpCaller(server)
    if isinstance(server, PythonFile):
        from lamforge.tools.remote.python import PythonCaller

        return PythonCaller(server, folder)
    from lamforge.tools.remote.mcp import McpCaller

    return McpCaller(server, folder)
