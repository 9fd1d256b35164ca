"""An OpenAPI document: read from a file or a URL, its references resolved within bounds.

A reference may lead anywhere in the document, to files beside it when it is a file, and to URLs of hosts that were
named. Nothing else is ever fetched.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin

from lamforge.errors import DataError, SchemaError, bounded
from lamforge.tools.openapi.text import parse_text
from lamforge.tools.remote.hosts import host_of
from lamforge.tools.remote.transport import Outgoing, Transport

MAX_BYTES = 32 << 20  # of one file
MAX_HOPS = 32  # references that lead to references
MAX_FILES = 200
_TIMEOUT_S = 60.0

_BUNDLE = "Bundle the document into one file, such as with `redocly bundle`"


def is_url(source: str) -> bool:
    """Whether a source is fetched rather than read."""
    return source.startswith(("http://", "https://"))


def fetch(url: str, hosts: Sequence[str]) -> str:
    """The text behind a URL. Its own host may be a private one: somebody named it.

    Raises:
        ServerError, DataError: if it cannot be had.
    """
    transport = Transport(hosts, private=True, timeout_s=_TIMEOUT_S, max_bytes=MAX_BYTES)
    try:
        answer = transport.send(Outgoing("GET", url, {}, None, url))
    finally:
        transport.close()
    if answer.status != 200:
        raise DataError(f"answered {answer.status}", where=url, remedy="Name the document itself.")
    return answer.text


class Document:
    """A document and the files that it refers to.

    Args:
        source: A path or a URL.
        value: Its content.
        hosts: Whose URLs references may lead to, beside the files of a folder.
    """

    def __init__(self, source: str, value: dict[str, Any], hosts: Sequence[str] = ()) -> None:
        self.source = source
        self.root = value
        self._hosts = list(hosts)
        self._home = source if is_url(source) else Path(source).resolve().as_uri()
        self._files: dict[str, Any] = {}
        self._add(self._home, value)

    @property
    def version(self) -> tuple[int, int]:
        """(3, 0) or (3, 1); later minor versions are read as 3.1."""
        major, minor, *_ = [*str(self.root.get("openapi", "")).split("."), "0", "0"]
        return (int(major), int(minor)) if major.isdecimal() and minor.isdecimal() else (0, 0)

    def target(self, reference: str, where: str) -> Any:
        """What an absolute reference leads to, which is no reference itself.

        Raises:
            SchemaError: if it leads nowhere, in a circle, or to where nothing is fetched from.
        """
        for _ in range(MAX_HOPS):
            file, _, pointer = reference.partition("#")
            node = _at(self._file(file, where), pointer, reference, where)
            if not (isinstance(node, dict) and isinstance(node.get("$ref"), str)):
                return node
            reference = node["$ref"]
        raise SchemaError(f"the reference {bounded(reference)} leads in a circle", where=where)

    def resolved(self, node: Any, where: str) -> Any:
        """A node, or what it refers to."""
        if isinstance(node, dict) and isinstance(node.get("$ref"), str):
            return self.target(node["$ref"], where)
        return node

    def _file(self, uri: str, where: str) -> Any:
        if uri not in self._files:
            if len(self._files) >= MAX_FILES:
                raise SchemaError(f"refers to more than {MAX_FILES} files", where=where, remedy=f"{_BUNDLE}.")
            self._add(uri, parse_text(self._text(uri, where), uri))
        return self._files[uri]

    def _text(self, uri: str, where: str) -> str:
        if is_url(uri) and host_of(uri) in self._hosts:
            return fetch(uri, self._hosts)
        if uri.startswith("file:") and self._home.startswith("file:"):
            path, folder = Path(unquote(uri.removeprefix("file://"))).resolve(), Path(self.source).resolve().parent
            if folder in path.parents:
                return read_text(path)
        host = f", or allow it with --allow-host {host_of(uri)}" if is_url(uri) else ""
        what = f"refers to {bounded(uri.removeprefix('file://'))}, which is not fetched"
        raise SchemaError(what, where=where, remedy=f"{_BUNDLE}{host}.")

    def _add(self, uri: str, value: Any) -> None:
        """Keeps a file, with its references made absolute."""
        for node in _objects(value):
            if isinstance(node.get("$ref"), str):
                reference = node["$ref"]
                node["$ref"] = uri + reference if reference.startswith("#") else urljoin(uri, reference)
                node["$ref"] += "" if "#" in node["$ref"] else "#"
        self._files[uri] = value


def read_text(path: Path) -> str:
    """The text of a file, bounded.

    Raises:
        DataError: if it cannot be read.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise DataError(f"takes more than {MAX_BYTES >> 20} MiB", where=path, remedy="Split it.")
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot be read: {error}", where=path) from error


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    """Every object inside a value, each once, however often an alias of YAML repeats it."""
    seen: set[int] = set()
    stack = [value]
    while stack:
        node = stack.pop()
        if not isinstance(node, (dict, list)) or id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, dict):
            yield node
        stack += node.values() if isinstance(node, dict) else node


def _at(value: Any, pointer: str, reference: str, where: str) -> Any:
    """What a JSON pointer (RFC 6901) in a URI's fragment leads to."""
    node = value
    for part in unquote(pointer).split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(node, list) and key.isdecimal() and int(key) < len(node):
            node = node[int(key)]
        elif isinstance(node, dict) and key in node:
            node = node[key]
        else:
            shown = json.dumps(reference[-120:])
            raise SchemaError(f"the reference {shown} leads nowhere", where=where, remedy=f"Is {key!r} spelt right?")
    return node
