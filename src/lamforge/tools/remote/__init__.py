"""Tools that are executed elsewhere: `tools.json`, HTTP and MCP servers, functions in a sandbox, recordings."""

from lamforge.tools.remote.bindings import (
    Auth,
    HttpBinding,
    HttpServer,
    Kind,
    McpBinding,
    McpCommand,
    McpHttp,
    Parameter,
    PythonBinding,
    PythonFile,
    RemoteTool,
    ToolFile,
)
from lamforge.tools.remote.cassette import Cassette, Mode
from lamforge.tools.remote.execution import Caller
from lamforge.tools.remote.files import is_tool_file, load_tool_file, read_json, tool_file_text, write_whole

__all__ = [
    "Auth",
    "Caller",
    "Cassette",
    "HttpBinding",
    "HttpServer",
    "Kind",
    "McpBinding",
    "McpCommand",
    "McpHttp",
    "Mode",
    "Parameter",
    "PythonBinding",
    "PythonFile",
    "RemoteTool",
    "ToolFile",
    "is_tool_file",
    "load_tool_file",
    "read_json",
    "tool_file_text",
    "write_whole",
]
