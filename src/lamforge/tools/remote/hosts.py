"""Which addresses a request may go to. A name is looked up once, checked, and the request goes to what was checked."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from lamforge.errors import DataError, ServerError, bounded

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Target:
    """A checked address: `urls` have IP addresses in them, `host` is for the Host header, `name` for TLS."""

    urls: tuple[str, ...]
    host: str
    name: str


def host_of(url: str) -> str:
    """ "host" of a URL with its scheme's own port, else "host:port"; lower case."""
    parts = urlsplit(url)
    name = parts.hostname or ""
    name = f"[{name}]" if ":" in name else name
    return name if _port(url) == _PORTS.get(parts.scheme) else f"{name}:{_port(url)}"


def checked_target(url: str, hosts: Sequence[str], *, private: bool) -> Target:
    """Where a request for a URL goes.

    Args:
        hosts: The allowed ones, as "host" or "host:port"; without a port the scheme's own is meant.
        private: Whether loopback, private and link-local addresses are allowed.
    Raises:
        DataError: if the host is not allowed, or its address is not.
        ServerError: if the name cannot be looked up.
    """
    parts = urlsplit(url)
    own, shown = host_of(url), bounded(url.partition("?")[0])  # a query may hold a credential
    if parts.scheme not in _PORTS or own not in {host_of(f"{parts.scheme}://{host}") for host in hosts}:
        remedy = f"Requests go to {', '.join(hosts) or 'no host'}; name others with --allow-host HOST."
        raise DataError(f"the host {bounded(own)} is not allowed", where=shown, remedy=remedy)
    addresses = _addresses(parts.hostname or "", _port(url))
    inner = [address for address in addresses if not _is_public(address)]
    if inner and not private:
        remedy = "Name the server yourself if you mean it: --server URL or --allow-host HOST."
        raise DataError(f"{own} is the private address {inner[0]}", where=shown, remedy=remedy)
    port = f":{parts.port}" if parts.port else ""
    rest = url.split("//", 1)[1][len(parts.netloc) :]
    literals = [f"[{address}]" if address.version == 6 else str(address) for address in addresses]
    urls = tuple(f"{parts.scheme}://{literal}{port}{rest}" for literal in dict.fromkeys(literals))
    return Target(urls, parts.netloc.rpartition("@")[2], parts.hostname or "")


def is_private(url: str) -> bool:
    """Whether a URL's host is written as, or looked up as, an address that is not public; False if unknown."""
    try:
        return not all(map(_is_public, _addresses(urlsplit(url).hostname or "", _port(url))))
    except ServerError:
        return False


def _port(url: str) -> int:
    parts = urlsplit(url)
    return parts.port or _PORTS.get(parts.scheme, 0)


def _addresses(name: str, port: int) -> list[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    try:
        found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise ServerError(f"the host {bounded(name)} is not known: {error}", remedy="Is it running?") from error
    return [ipaddress.ip_address(str(entry[4][0]).split("%")[0]) for entry in found]


def _is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if inner is not None:
            return _is_public(inner)
        if address in ipaddress.ip_network("64:ff9b::/96"):  # NAT64 of an IPv4 address
            return _is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return address.is_global and not address.is_multicast
