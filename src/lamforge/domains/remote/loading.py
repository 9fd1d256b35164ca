"""The `tools.json` of a domain folder: what a model may call, and the way to its server."""

from __future__ import annotations

from pathlib import Path

from lamforge.domains.declare import Tool, executed_elsewhere
from lamforge.domains.remote.session import RemoteSession
from lamforge.domains.remote.settings import Call, RemoteSettings
from lamforge.domains.state import BaseState, Tables
from lamforge.errors import DomainError
from lamforge.tools.remote import HttpBinding, PythonFile, RemoteTool, load_tool_file
from lamforge.tools.sandbox import Level

NO_RESET = "it changes the server, and nothing says how to bring it back (remote.reset in domain.yaml)"


def load_remote(
    folder: Path, settings: RemoteSettings, tables: Tables, sandbox: Level | None
) -> tuple[RemoteSession, list[Tool]]:
    """The session of a folder with `tools.json`, and its tools but the one that resets the server.

    Args:
        sandbox: Set for a stranger's folder: then no server is reached, and Python functions are confined so far.
    Raises:
        DomainError: if the folder's settings do not fit its tools, or a stranger's folder wants to reach servers.
        DataError, SchemaError: if `tools.json` is wrong.
    """
    file = load_tool_file(folder / "tools.json")
    for name, server in file.servers.items():
        if sandbox is not None and not isinstance(server, PythonFile):
            what = f"the server {name!r} is a {server.type} server, which no sandbox confines"
            remedy = "Read tools.json; if you agree to what it reaches, load the domain without --sandbox."
            raise DomainError(what, where=folder / "tools.json", remedy=remedy)
        if sandbox is not None and isinstance(server, PythonFile):
            server.sandbox = sandbox
    for tool in file.tools:
        if tool.binding is None:
            remedy = "Import the tools from a server: lamforge tools import SOURCE --out DIR."
            raise DomainError(f"nothing says how {tool.name!r} is executed", where=folder / "tools.json", remedy=remedy)
    try:
        session = RemoteSession(folder, file, settings, BaseState(tables))
    except DomainError as error:
        raise DomainError(error.what, where=folder / "domain.yaml", remedy=error.remedy) from error
    return session, [_declared(tool) for tool in file.tools if not _resets(tool, settings)]


def unusable(session: RemoteSession | None, tools: list[Tool]) -> dict[str, str]:
    """Tools that no task can have, with the reason: writes of a server that cannot be brought back."""
    if session is None or session.can_go_back:
        return {}
    return {tool.name: NO_RESET for tool in tools if tool.kind == "write"}


def _resets(tool: RemoteTool, settings: RemoteSettings) -> bool:
    if isinstance(settings.reset, Call):
        return tool.name == settings.reset.tool
    binding = tool.binding
    return isinstance(binding, HttpBinding) and settings.request == (binding.method, binding.path)


def _declared(tool: RemoteTool) -> Tool:
    schema = {"type": "function", "function": {**tool.function, "parameters": tool.parameters}}
    return Tool(tool.name, tool.kind, executed_elsewhere, schema, None)
