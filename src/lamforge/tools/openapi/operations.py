"""The operations of an OpenAPI document (3.0, 3.1) as tools that can be executed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import ValidationError

from lamforge.errors import DataError, LamforgeError, SchemaError, bounded
from lamforge.tools.openapi.document import Document
from lamforge.tools.openapi.keywords import one_line
from lamforge.tools.openapi.parameters import Arguments, binding_of, singular
from lamforge.tools.openapi.references import Circles
from lamforge.tools.openapi.schemas import SchemaReader
from lamforge.tools.openapi.security import choose, read_schemes
from lamforge.tools.openapi.servers import allowed_hosts, base_url
from lamforge.tools.remote.bindings import HttpServer, RemoteTool, ToolFile
from lamforge.tools.remote.imported import Imported
from lamforge.tools.untrusted import check_tool

MAX_DESCRIPTION = 1024  # characters of a tool's
_METHODS = ("get", "head", "post", "put", "patch", "delete", "options")
_READS = ("get", "head", "options")


def read_operations(document: Document, *, server: str | None = None, hosts: Sequence[str] = ()) -> Imported:
    """All operations of a document; those that cannot be tools are left out with the reason.

    Args:
        server: An address in place of the document's.
        hosts: Which requests may go to beside the server's own.
    Raises:
        DataError: if it is no OpenAPI document of a known version, or names no server.
        UsageError: if it leads where nobody said that requests may go.
    """
    _check_version(document)
    reader = _Operations(document, server, hosts)
    for path, method, item, operation in _listed(document, reader.imported.problems):
        where = f"{document.source}, {method.upper()} {path}"
        if operation.get("deprecated") is True:
            reader.imported.notes.append(f"{method.upper()} {path} is deprecated and left out")
            continue
        try:
            reader.add(path, method, item, operation, where)
        except LamforgeError as error:
            reader.imported.problems.append(error)
        except (ValidationError, ValueError, TypeError, AttributeError, KeyError) as error:
            what = f"cannot be read: {bounded(str(error))}"
            reader.imported.problems.append(SchemaError(what, where=where))
    return reader.finished()


class _Operations:
    def __init__(self, document: Document, server: str | None, hosts: Sequence[str]) -> None:
        self._document = document
        self._named = server
        self._hosts = hosts
        self._circles = Circles(document)
        self._auth, self._unusable = read_schemes(document)
        self._servers: dict[str, str] = {}  # address -> name
        self._demanded: set[str] = set()  # credentials without which some operation cannot be called
        info = document.root.get("info")
        title = str(info.get("title") or "") if isinstance(info, dict) else ""
        source = {"kind": "openapi", "from": document.source, "title": one_line(title, 100)}
        self.imported = Imported(ToolFile(source=source, servers={}, tools=[]))
        self._server(document.root.get("servers"))
        self.imported.notes += [f"security scheme {name}: {why}" for name, why in self._unusable.items()]

    def add(self, path: str, method: str, item: dict[str, Any], operation: dict[str, Any], where: str) -> None:
        """Adds one operation."""
        reader = SchemaReader(self._document, self._circles)
        arguments = Arguments(self._document, reader, path)
        arguments.add_parameters([*(item.get("parameters") or ()), *(operation.get("parameters") or ())], where)
        body = arguments.add_body(operation.get("requestBody"), f"{where}, body") if method not in _READS else "none"
        auth, optional = choose(operation.get("security", self._document.root.get("security")), self._auth)
        server = self._server(operation.get("servers") or item.get("servers") or self._document.root.get("servers"))
        self._demanded.update(auth if not optional else ())
        function = {
            "name": self._name(path, method, operation),
            "description": _description(method, path, operation, item),
            "parameters": arguments.schema(),
        }
        binding = binding_of(arguments, method.upper(), path, body, server, auth)
        tool = RemoteTool(kind="read" if method in _READS else "write", function=function, binding=binding)
        check_tool(tool.openai, where=where)
        self.imported.file.tools.append(tool)

    def finished(self) -> Imported:
        """All that was added."""
        for server in self.imported.file.servers.values():
            if isinstance(server, HttpServer):
                for name, auth in server.auth.items():
                    auth.optional = name not in self._demanded
        return self.imported

    def _server(self, servers: Any) -> str:
        """The name of the server at an address; it is added when it is new."""
        url = (self._named or base_url(self._document, servers)).rstrip("/")
        if url not in self._servers:
            hosts, private = allowed_hosts(self._document, url, self._named, self._hosts)
            name = "main" if not self._servers else f"server_{len(self._servers) + 1}"
            self._servers[url] = name
            self.imported.file.servers[name] = HttpServer(url=url, hosts=hosts, private=private, auth=self._auth)
        return self._servers[url]

    def _name(self, path: str, method: str, operation: dict[str, Any]) -> str:
        """The operation's own name in characters that models write, or one made of its method and path."""
        given = operation.get("operationId")
        plain = re.sub(r"[^A-Za-z0-9_-]+", "_", str(given or "")).strip("_")[:64] or _derived(method, path)
        taken = {tool.name for tool in self.imported.file.tools}
        name, number = plain, 2
        while name in taken:
            name, number = f"{plain[:60]}_{number}", number + 1
        return name


def _check_version(document: Document) -> None:
    if "swagger" in document.root:
        remedy = "Convert it to OpenAPI 3, such as with swagger2openapi or editor.swagger.io."
        raise DataError(f"is of version {bounded(document.root['swagger'])}", where=document.source, remedy=remedy)
    if document.version[0] != 3:
        what = f"is no OpenAPI 3 document: openapi is {bounded(document.root.get('openapi'))}"
        raise DataError(what, where=document.source, remedy='It begins with "openapi": "3.0.x" or "3.1.x".')


def _listed(
    document: Document, problems: list[LamforgeError]
) -> Iterator[tuple[str, str, dict[str, Any], dict[str, Any]]]:
    """(path, method, path item, operation) of each operation."""
    paths = document.root.get("paths") or {}
    if not isinstance(paths, dict):
        raise DataError(f"paths is no object: {bounded(paths)}", where=document.source)
    for path, node in paths.items():
        if path.startswith("x-"):
            continue
        try:
            item = document.resolved(node, f"{document.source}, {path}")
        except SchemaError as error:
            problems.append(error)
            continue
        for method in _METHODS:
            if isinstance(item, dict) and isinstance(item.get(method), dict):
                yield path, method, item, item[method]


def _derived(method: str, path: str) -> str:
    """GET /bikes/{bike_id}/parts -> get_bike_parts."""
    words: list[str] = []
    parts = [part for part in path.split("/") if part]
    for part, following in zip(parts, [*parts[1:], ""], strict=True):
        if "{" not in part:
            plain = re.sub(r"[^A-Za-z0-9]+", "_", part).strip("_")
            words.append(singular(plain) if following.startswith("{") else plain)
    verb = {"post": "create" if not path.endswith("}") else "post", "put": "replace", "patch": "update"}
    return "_".join(filter(None, (verb.get(method, method), *words)))[:64].lower()


def _description(method: str, path: str, operation: dict[str, Any], item: dict[str, Any]) -> str:
    told = [operation.get("summary") or item.get("summary"), operation.get("description") or item.get("description")]
    texts = list(
        dict.fromkeys(" ".join(each.split()).rstrip(".") for each in told if isinstance(each, str) and each.strip())
    )
    return one_line(". ".join(texts) + "." if texts else f"{method.upper()} {path}", MAX_DESCRIPTION)
