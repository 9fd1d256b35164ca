"""The records of `tools.json`: what each tool is, whether it changes anything, and how it is executed.

They hold names of environment variables, never what is in them.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Kind = Literal["read", "write"]
Place = Literal["path", "query", "header", "cookie", "body"]

SCHEMA_VERSION = 1
TIMEOUT_S = 30.0  # of one call, all retries of a read included
MAX_BYTES = 1 << 20  # of one answer


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Auth(_Record):
    """One way to show who is calling. `env` names the variable that holds the secret; for basic, "user:password"."""

    type: Literal["bearer", "basic", "header", "query", "cookie"]
    env: str = Field(min_length=1)
    name: str = ""  # of the header, the query parameter or the cookie
    optional: bool = False  # sent only if the variable is set


class _OverHttp(_Record):
    """What requests may be sent where."""

    url: str
    hosts: list[str] = Field(default_factory=list)  # "host" or "host:port" that requests may go to
    private: bool = False  # loopback and private addresses are meant
    auth: dict[str, Auth] = Field(default_factory=dict)
    timeout_s: float = Field(default=TIMEOUT_S, gt=0, le=600)
    max_bytes: int = Field(default=MAX_BYTES, gt=0, le=64 << 20)

    @field_validator("url")
    @classmethod
    def _is_http(cls, url: str) -> str:
        parts = urlsplit(url)
        _ = parts.port  # a ValueError unless it is a number below 65,536
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("is no http:// or https:// address")
        if parts.username or parts.password:
            raise ValueError("holds a password; use auth with an environment variable")
        return url.rstrip("/")

    @model_validator(mode="after")
    def _own_host_by_default(self) -> Any:
        self.hosts = self.hosts or [urlsplit(self.url).netloc]
        return self


class HttpServer(_OverHttp):
    """A server with an HTTP interface; paths are appended to `url`."""

    type: Literal["http"] = "http"
    headers: dict[str, str] = Field(default_factory=dict)  # sent with every request; no secrets


class McpHttp(_OverHttp):
    """An MCP server over streamable HTTP; `url` is its endpoint."""

    type: Literal["mcp-http"] = "mcp-http"


class McpCommand(_Record):
    """An MCP server that is started as a process and spoken to over its stdin and stdout."""

    type: Literal["mcp-stdio"] = "mcp-stdio"
    command: str
    args: list[str] = Field(default_factory=list)
    env: list[str] = Field(default_factory=list)  # names of the variables that are passed on to it
    cwd: str | None = None
    timeout_s: float = Field(default=TIMEOUT_S, gt=0, le=600)
    max_bytes: int = Field(default=MAX_BYTES, gt=0, le=64 << 20)


class PythonFile(_Record):
    """A file of Python functions. `sandbox` is the level that it runs at; "none" is in this process."""

    type: Literal["python"] = "python"
    file: str  # beside tools.json
    sandbox: Literal["strict", "process", "none"] = "strict"
    timeout_s: float = Field(default=TIMEOUT_S, gt=0, le=600)
    max_bytes: int = Field(default=MAX_BYTES, gt=0, le=64 << 20)


Server = Annotated[HttpServer | McpHttp | McpCommand | PythonFile, Field(discriminator="type")]


class Parameter(_Record):
    """Where one argument goes in a request; `argument` is the model's name for it, `name` the server's."""

    argument: str
    name: str
    place: Place
    explode: bool = True  # a list as repeated parameters, an object as one parameter for each property
    style: Literal["plain", "deep", "json", "space", "pipe"] = "plain"  # deep: filter[name]=value; json: as JSON text


class HttpBinding(_Record):
    """A request. In `path`, `{name}` stands for the path parameter of that name."""

    type: Literal["http"] = "http"
    server: str = "main"
    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
    path: str
    parameters: list[Parameter] = Field(default_factory=list)
    body: Literal["none", "json", "form", "text", "whole"] = "none"  # whole: the one body argument is all of the JSON
    auth: list[str] = Field(default_factory=list)  # names in the server's `auth`


class McpBinding(_Record):
    """A tool of an MCP server, by the server's name for it."""

    type: Literal["mcp"] = "mcp"
    server: str = "main"
    tool: str


class PythonBinding(_Record):
    """A function of a Python file."""

    type: Literal["python"] = "python"
    server: str = "main"
    function: str


Binding = Annotated[HttpBinding | McpBinding | PythonBinding, Field(discriminator="type")]
_SERVERS_OF = {"http": ("http",), "mcp": ("mcp-http", "mcp-stdio"), "python": ("python",)}


class RemoteTool(_Record):
    """A tool in OpenAI's wrapper, and how it is executed; one without a binding is only described.

    Change `kind` where the importer could not know it.
    """

    type: Literal["function"] = "function"
    kind: Kind
    function: dict[str, Any]
    binding: Binding | None = None

    @property
    def name(self) -> str:
        """What a model calls it."""
        return str(self.function["name"])

    @property
    def openai(self) -> dict[str, Any]:
        """The tool as OpenAI describes it."""
        return {"type": "function", "function": self.function}

    @property
    def parameters(self) -> dict[str, Any]:
        """The JSON Schema of its arguments."""
        return self.function.get("parameters") or {"type": "object", "properties": {}}


class ToolFile(_Record):
    """The content of `tools.json`."""

    schema_version: int = Field(default=SCHEMA_VERSION, alias="schema")
    source: dict[str, str] = Field(default_factory=dict)  # what it was imported from
    servers: dict[str, Server]
    tools: list[RemoteTool]

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    @model_validator(mode="after")
    def _bindings_lead_somewhere(self) -> ToolFile:
        for number, tool in enumerate(self.tools):
            if tool.binding is None:
                continue
            server = self.servers.get(tool.binding.server)
            if server is None or server.type not in _SERVERS_OF[tool.binding.type]:
                raise ValueError(f"tools.{number}: no {tool.binding.type} server is called {tool.binding.server!r}")
            known = server.auth if isinstance(server, HttpServer) else {}
            wanted = tool.binding.auth if isinstance(tool.binding, HttpBinding) else []
            if unknown := [name for name in wanted if name not in known]:
                raise ValueError(f"tools.{number}: the server has no auth called {unknown[0]!r}")
        return self

    def as_dict(self) -> dict[str, Any]:
        """The file as plain JSON, without what is as it would be anyway."""
        plain = self.model_dump(by_alias=True, exclude_none=True, mode="json")
        for tool, record in zip(plain["tools"], self.tools, strict=True):
            tool["function"] = record.function
            if record.binding is not None:
                tool["binding"] = {"type": record.binding.type, **record.binding.model_dump(exclude_defaults=True)}
        return plain
