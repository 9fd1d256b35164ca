"""Tools of MCP servers (stdio and streamable HTTP), through the official `mcp` package, which is optional.

The package is asynchronous: a thread of its own runs it, and calls wait for their answers.
"""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import AbstractAsyncContextManager, ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from anyio.from_thread import BlockingPortal, start_blocking_portal

from lamforge.errors import LamforgeError, MissingExtraError, ServerError, bounded
from lamforge.tools.refusal import ToolError
from lamforge.tools.remote.bindings import McpBinding, McpCommand, McpHttp, RemoteTool
from lamforge.tools.remote.credentials import authorise
from lamforge.tools.remote.execution import check_size, json_or_text, message_of
from lamforge.tools.remote.hosts import checked_target
from lamforge.tools.remote.requests import Request

if TYPE_CHECKING:
    import mcp

MAX_PAGES = 100  # of a server's list of tools
_LOG_SHOWN = 300  # characters of what a server wrote to stderr


class McpCaller:
    """Talks to one MCP server, which is started or connected to when it is first needed.

    Args:
        folder: Where a relative `cwd` starts.
    """

    def __init__(self, server: McpCommand | McpHttp, folder: Path) -> None:
        self._server = server
        self._folder = folder
        self._where = server.command if isinstance(server, McpCommand) else server.url
        self._open: ExitStack | None = None
        self._portal: BlockingPortal
        self._client: mcp.Client
        self._log: Any = None

    def list_tools(self) -> list[Any]:
        """All tools of the server, as `mcp.types.Tool`, page after page.

        Raises:
            ServerError: if it fails, or its list does not end.
        """
        found: list[Any] = []
        cursor = None
        for _ in range(MAX_PAGES):
            page = self._asked("list_tools", cursor=cursor)
            found += page.tools
            cursor = page.next_cursor
            if cursor is None:
                return found
        raise ServerError(f"lists its tools on more than {MAX_PAGES} pages", where=self._where)

    def call(self, tool: RemoteTool, arguments: dict[str, Any]) -> Any:
        """See `lamforge.tools.remote.execution.Caller`."""
        assert isinstance(tool.binding, McpBinding)
        result = self._asked("call_tool", tool.binding.tool, arguments)
        text = "\n".join(_block_text(block) for block in result.content)
        check_size(len(text), self._server.max_bytes, self._where)
        if result.is_error:
            raise ToolError(message_of(json_or_text(text)) or "the tool failed without saying why")
        if result.structured_content is None:
            return json_or_text(text)
        value = result.structured_content
        check_size(len(json.dumps(value)), self._server.max_bytes, self._where)
        wrapped = isinstance(value, dict) and value.keys() == {"result"}  # how the SDKs return what is no object
        return value["result"] if wrapped else value

    def restart(self) -> None:
        """See `lamforge.tools.remote.execution.Caller`."""
        if isinstance(self._server, McpCommand):
            self.close()

    def close(self) -> None:
        """See `lamforge.tools.remote.execution.Caller`."""
        opened, self._open = self._open, None
        if opened is not None:
            with suppress(Exception):  # the server is gone, or goes now
                opened.close()

    def _asked(self, method: str, *arguments: Any, **options: Any) -> Any:
        """What a method of the client returns, within the server's time."""
        self._connect()
        from mcp import MCPError
        from mcp.types import INVALID_PARAMS

        try:
            return self._portal.call(lambda: getattr(self._client, method)(*arguments, **options))
        except MCPError as error:
            if method == "call_tool" and error.code == INVALID_PARAMS:
                raise ToolError(message_of(error.message)) from error
            self._failed(error)
        except Exception as error:
            self._failed(error)

    def _failed(self, error: BaseException) -> None:
        said = self._last_words()
        self.close()
        what = f"failed: {bounded(str(_innermost(error)) or type(error).__name__)}{said}"
        raise ServerError(what, where=self._where, remedy="Does the server run, and does it speak MCP?") from error

    def _connect(self) -> None:
        if self._open is not None:
            return
        try:
            from mcp import Client
        except ImportError as error:
            remedy = "pip install 'lamforge[mcp]'"
            raise MissingExtraError("MCP servers need the package mcp", remedy=remedy) from error
        with ExitStack() as stack:
            self._portal = stack.enter_context(start_blocking_portal())
            try:
                client = Client(self._transport(stack), read_timeout_seconds=self._server.timeout_s, cache=None)
                self._client = stack.enter_context(self._portal.wrap_async_context_manager(client))
            except LamforgeError:
                raise
            except BaseException as error:
                self._failed(error)
            self._open = stack.pop_all()

    def _transport(self, stack: ExitStack) -> AbstractAsyncContextManager[Any]:
        if isinstance(self._server, McpHttp):
            return _over_http(self._server)
        from mcp import StdioServerParameters, stdio_client

        self._log = stack.enter_context(tempfile.TemporaryFile("w+", errors="replace"))  # noqa: SIM115
        folder = self._folder / (self._server.cwd or ".")
        passed = {name: os.environ[name] for name in self._server.env if name in os.environ}
        command = StdioServerParameters(
            command=self._server.command, args=self._server.args, env=passed, cwd=str(folder.resolve())
        )
        return stdio_client(command, errlog=self._log)

    def _last_words(self) -> str:
        """The end of what a server process wrote to stderr."""
        if not isinstance(self._server, McpCommand) or self._log is None:
            return ""
        with suppress(OSError, ValueError):
            self._log.seek(0)
            if text := " ".join(self._log.read().split()):
                return f"; it wrote: {text[-_LOG_SHOWN:]}"
        return ""


def _over_http(server: McpHttp) -> AbstractAsyncContextManager[Any]:
    """A transport that sends to checked addresses only."""
    import httpx2
    from mcp.client.streamable_http import streamable_http_client

    class Checked(httpx2.AsyncHTTPTransport):
        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            target = checked_target(str(request.url), server.hosts, private=server.private)
            request.url = httpx2.URL(target.urls[-1])
            request.extensions = {**request.extensions, "sni_hostname": target.name}
            return await super().handle_async_request(request)

    credentials = Request("POST", "/")
    authorise(credentials, server.auth.values())
    timeout = httpx2.Timeout(server.timeout_s)
    client = httpx2.AsyncClient(transport=Checked(), headers=credentials.headers, timeout=timeout, trust_env=False)
    return streamable_http_client(server.url, http_client=client, max_sse_event_size=server.max_bytes)


def _block_text(block: Any) -> str:
    """A piece of an answer as text; pictures and sounds are only named."""
    if block.type == "text":
        return str(block.text)
    if block.type == "resource" and getattr(block.resource, "text", None) is not None:
        return str(block.resource.text)
    return f"[{block.type}]"


def _innermost(error: BaseException) -> BaseException:
    """The first error inside a group of errors."""
    while isinstance(getattr(error, "exceptions", None), (tuple, list)) and error.exceptions:  # type: ignore[attr-defined]
        error = error.exceptions[0]  # type: ignore[attr-defined]
    return error
