"""Tools of MCP servers (stdio and streamable HTTP); they need the optional package `mcp`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from lamforge.errors import LamforgeError, ServerError
from lamforge.tools.refusal import ToolError
from lamforge.tools.remote.bindings import McpBinding, McpCommand, McpHttp, RemoteTool
from lamforge.tools.remote.connection import McpConnection, innermost
from lamforge.tools.remote.credentials import secrets_of, without
from lamforge.tools.remote.execution import check_size, json_or_text, message_of

MAX_PAGES = 100  # of a server's list of tools


class McpCaller:
    """Talks to one MCP server, which is started or connected to when it is first needed.

    Args:
        folder: Where a relative `cwd` starts.
    """

    def __init__(self, server: McpCommand | McpHttp, folder: Path) -> None:
        self._server = server
        self._folder = folder
        self._where = server.command if isinstance(server, McpCommand) else server.url
        self._connection: McpConnection | None = None

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
        text = self._told("\n".join(_block_text(block) for block in result.content))
        check_size(len(text), self._server.max_bytes, self._where)
        if result.is_error:
            raise ToolError(message_of(json_or_text(text)) or "the tool failed without saying why")
        if result.structured_content is None:
            return json_or_text(text)
        written = self._told(json.dumps(result.structured_content))
        check_size(len(written), self._server.max_bytes, self._where)
        value = json.loads(written)
        wrapped = isinstance(value, dict) and value.keys() == {"result"}  # how the SDKs return what is no object
        return value["result"] if wrapped else value

    def restart(self) -> None:
        """See `lamforge.tools.remote.execution.Caller`."""
        if isinstance(self._server, McpCommand):
            self.close()

    def close(self) -> None:
        """See `lamforge.tools.remote.execution.Caller`."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _told(self, text: str) -> str:
        """What a server says, without the credentials that it was shown."""
        known = self._server.auth.values() if isinstance(self._server, McpHttp) else ()
        return without(secrets_of(known), text)

    def _asked(self, method: str, *arguments: Any, **options: Any) -> Any:
        """What a method of the client returns, within the server's time."""
        try:
            if self._connection is None:
                self._connection = McpConnection(self._server, self._folder)
            return self._connection.call(method, *arguments, **options)
        except LamforgeError:
            raise
        except Exception as error:
            if method == "call_tool" and _is_refusal(error):
                raise ToolError(message_of(self._told(str(error)))) from error
            said = self._connection.last_words() if self._connection else ""
            self.close()
            what = self._told(f"failed: {innermost(error)}{said}")
            remedy = "Does the server run, and does it speak MCP?"
            raise ServerError(what, where=self._where, remedy=remedy) from error


def _is_refusal(error: Exception) -> bool:
    """Whether an error is the server's about these arguments."""
    from mcp import MCPError
    from mcp.types import INVALID_PARAMS

    return isinstance(error, MCPError) and error.code == INVALID_PARAMS


def _block_text(block: Any) -> str:
    """A piece of an answer as text; pictures and sounds are only named."""
    if block.type == "text":
        return str(block.text)
    if block.type == "resource" and getattr(block.resource, "text", None) is not None:
        return str(block.resource.text)
    return f"[{block.type}]"
