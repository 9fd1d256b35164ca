"""How a server is brought back to its start."""

from __future__ import annotations

from lamforge.domains.remote.settings import RESTART, Call, RemoteSettings
from lamforge.errors import DomainError, ServerError
from lamforge.tools.refusal import ToolError
from lamforge.tools.remote import HttpBinding, HttpServer, Parameter, RemoteTool, ToolFile
from lamforge.tools.remote.callers import Callers


class Reset:
    """Brings the servers of a `tools.json` back to their start, if `domain.yaml` says how.

    Raises:
        DomainError: if what it says cannot be done with these servers.
    """

    def __init__(self, settings: RemoteSettings, file: ToolFile, callers: Callers) -> None:
        self._settings = settings
        self._callers = callers
        self._tool: RemoteTool | None = None
        self._arguments = settings.reset.arguments if isinstance(settings.reset, Call) else settings.reset_body or {}
        if settings.request is not None:
            self._tool = _request_tool(settings, file)
        elif isinstance(settings.reset, Call):
            self._tool = next((tool for tool in file.tools if tool.name == settings.reset.tool), None)
            if self._tool is None:
                raise DomainError(f"remote.reset names {settings.reset.tool!r}, which is no tool")
        elif settings.reset == RESTART:
            alive = [name for name, server in file.servers.items() if server.type not in ("mcp-stdio", "python")]
            if alive:
                remedy = 'Name a request instead, such as reset: "POST /reset".'
                raise DomainError(f"remote.reset: the server {alive[0]!r} is no process to restart", remedy=remedy)

    @property
    def possible(self) -> bool:
        """Whether anything is said."""
        return self._settings.reset is not None

    def __call__(self) -> None:
        """Brings the servers back.

        Raises:
            ServerError: if they do not do it.
        """
        if self._tool is None:
            self._callers.restart()
            return
        try:
            self._callers.call(self._tool, self._arguments)
        except ToolError as error:
            raise ServerError(f"refuses to be reset: {error}", remedy="Is remote.reset right?") from error


def _request_tool(settings: RemoteSettings, file: ToolFile) -> RemoteTool:
    """The request of `reset: "POST /reset"`, to the first HTTP server, with the credentials that its tools need."""
    name = next((name for name, server in file.servers.items() if isinstance(server, HttpServer)), None)
    if name is None:
        raise DomainError("remote.reset is a request, and no server takes any", remedy="Use restart, or {tool: NAME}.")
    bindings = [tool.binding for tool in file.tools if isinstance(tool.binding, HttpBinding)]
    auth = sorted({each for binding in bindings if binding.server == name for each in binding.auth})
    method, path = settings.request or ("POST", "/")
    fields = settings.reset_body or {}
    binding = HttpBinding(
        server=name,
        method=method,  # type: ignore[arg-type]
        path=path,
        parameters=[Parameter(argument=field, name=field, place="body") for field in fields],
        body="json" if fields else "none",
        auth=auth,
    )
    return RemoteTool(kind="write", function={"name": "reset"}, binding=binding)
