"""Where the operations of a document are: its servers, and whether requests may go there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urljoin

from lamforge.errors import DataError, UsageError, bounded
from lamforge.tools.openapi.document import Document, is_url
from lamforge.tools.remote.hosts import host_of, is_private


def base_url(document: Document, servers: Any) -> str:
    """The address of the first server, with the defaults of its variables.

    Raises:
        DataError: if none is named.
    """
    listed = servers if isinstance(servers, list) and servers else [{"url": "/"}]
    first = listed[0] if isinstance(listed[0], dict) else {}
    url = str(first.get("url") or "/")
    variables = first.get("variables")
    for name, variable in (variables if isinstance(variables, dict) else {}).items():
        default = variable.get("default", "") if isinstance(variable, dict) else ""
        url = url.replace(f"{{{name}}}", str(default))
    if not is_url(url) and is_url(document.source):
        url = urljoin(document.source, url)
    if not is_url(url) or "{" in url:
        what = f"names no server that can be reached: {bounded(url)}"
        raise DataError(what, where=document.source, remedy="Name it: --server URL.")
    return url.rstrip("/")


def allowed_hosts(document: Document, url: str, named: str | None, hosts: Sequence[str]) -> tuple[list[str], bool]:
    """(hosts that requests may go to, whether private addresses are meant) for a server's address.

    Args:
        named: The address that the user gave with --server.
        hosts: Those that the user gave with --allow-host.
    Raises:
        UsageError: if the document leads to another host than its own, or to a private address, that nobody named.
    """
    own = host_of(url)
    explicit = {host_of(f"{url.split(':')[0]}://{host}") for host in hosts}
    explicit |= {host_of(named)} if named else set()
    explicit |= {host_of(document.source)} if is_url(document.source) else set()
    if own not in explicit and is_url(document.source):
        what = f"leads to another host than its own: {bounded(own)}"
        raise UsageError(what, where=document.source, remedy=f"If you mean it: --allow-host {own}.")
    private = is_private(url)
    if private and own not in explicit:
        what = f"leads to a private address: {bounded(own)}"
        raise UsageError(what, where=document.source, remedy=f"If you mean it: --server {url}.")
    return [own, *(host for host in sorted(explicit) if host != own and host in hosts)], private
