"""A connection to an MCP server through the official `mcp` package, which is asynchronous: calls here wait."""

from __future__ import annotations

import asyncio
import os
import tempfile
import threading
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, suppress
from pathlib import Path
from typing import Any

from lamforge.errors import MissingExtraError
from lamforge.tools.remote.bindings import McpCommand, McpHttp
from lamforge.tools.remote.credentials import authorise
from lamforge.tools.remote.hosts import checked_target
from lamforge.tools.remote.requests import Request

_CLOSE_S = 10.0  # for a server to end; the package kills it sooner
_LOG_SHOWN = 300  # characters of what a server wrote to stderr


class McpConnection:
    """A client in an event loop of its own, which ends with this process at the latest.

    Raises:
        MissingExtraError: if the package is not installed.
        ConnectionError: if the server cannot be reached.
    """

    def __init__(self, server: McpCommand | McpHttp, folder: Path) -> None:
        try:
            from mcp import Client
        except ImportError as error:
            remedy = "pip install 'lamforge[mcp]'"
            raise MissingExtraError("MCP servers need the package mcp", remedy=remedy) from error
        self._log = tempfile.TemporaryFile("w+", errors="replace")  # noqa: SIM115
        transport = _over_http(server) if isinstance(server, McpHttp) else _over_stdio(server, folder, self._log)
        self._client = Client(transport, read_timeout_seconds=server.timeout_s, cache=None)
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self._ended = asyncio.Event()
        ready: Future[None] = Future()
        self._life = asyncio.run_coroutine_threadsafe(self._live(ready), self._loop)
        try:
            ready.result()
        except Exception as error:
            what = f"{innermost(error)}{self.last_words()}"
            self.close()
            raise ConnectionError(what) from error

    async def _live(self, ready: Future[None]) -> None:
        """One task enters and leaves the client; others may call it in between."""
        try:
            async with self._client:
                ready.set_result(None)
                await self._ended.wait()
        except BaseException as error:
            if not ready.done():
                ready.set_exception(error)

    def call(self, method: str, *arguments: Any, **options: Any) -> Any:
        """What a method of the client returns."""
        asked = getattr(self._client, method)(*arguments, **options)
        return asyncio.run_coroutine_threadsafe(asked, self._loop).result()

    def close(self) -> None:
        """Ends the client, its server's process, and the loop."""
        self._loop.call_soon_threadsafe(self._ended.set)
        with suppress(Exception):
            self._life.result(_CLOSE_S)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._log.close()

    def last_words(self) -> str:
        """The end of what a server process wrote to stderr."""
        with suppress(OSError, ValueError):
            self._log.seek(0)
            if text := " ".join(self._log.read().split()):
                return f"; it wrote: {text[-_LOG_SHOWN:]}"
        return ""


def _over_stdio(server: McpCommand, folder: Path, log: Any) -> AbstractAsyncContextManager[Any]:
    from mcp import StdioServerParameters, stdio_client

    passed = {name: os.environ[name] for name in server.env if name in os.environ}
    cwd = str((folder / (server.cwd or ".")).resolve())
    command = StdioServerParameters(command=server.command, args=server.args, env=passed, cwd=cwd)
    return stdio_client(command, errlog=log)


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


def innermost(error: BaseException) -> str:
    """What the first error inside a group of errors says, bounded."""
    inside = getattr(error, "exceptions", None)
    while isinstance(inside, (tuple, list)) and inside:
        error = inside[0]
        inside = getattr(error, "exceptions", None)
    return str(error)[:_LOG_SHOWN] or type(error).__name__
