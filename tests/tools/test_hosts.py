"""Where requests may go."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from lamforge.errors import DataError, ServerError
from lamforge.tools.remote.hosts import checked_target, host_of

PRIVATE = [
    "127.0.0.1", "10.1.2.3", "192.168.0.1", "172.16.0.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "::1",
    "fe80::1", "fc00::1", "::ffff:10.0.0.1", "2002:7f00:1::", "64:ff9b::a00:1", "::", "224.0.0.1", "255.255.255.255",
]  # fmt: skip


def named(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """Lets every name be looked up as these addresses."""

    def lookup(name: str, port: int, **_: Any) -> list[Any]:
        return [(0, 0, 0, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", lookup)


@pytest.mark.parametrize("address", PRIVATE)
def test_a_name_that_leads_to_a_private_address_is_refused(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    named(monkeypatch, address)
    with pytest.raises(DataError, match="private address"):
        checked_target("https://api.example.com/x", ["api.example.com"], private=False)
    assert checked_target("https://api.example.com/x", ["api.example.com"], private=True)


def test_a_private_address_does_not_hide_behind_a_public_one(monkeypatch: pytest.MonkeyPatch) -> None:
    named(monkeypatch, "93.184.216.34", "10.0.0.1")
    with pytest.raises(DataError, match=r"10\.0\.0\.1"):
        checked_target("https://api.example.com/x", ["api.example.com"], private=False)


def test_the_request_goes_to_the_address_that_was_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    named(monkeypatch, "93.184.216.34", "2606:2800::1")
    target = checked_target("https://api.example.com:8443/a/b?c=d", ["api.example.com:8443"], private=False)
    assert target.urls == ("https://93.184.216.34:8443/a/b?c=d", "https://[2606:2800::1]:8443/a/b?c=d")
    assert (target.host, target.name) == ("api.example.com:8443", "api.example.com")


@pytest.mark.parametrize(
    ("url", "hosts", "allowed"),
    [
        ("https://a.example.com/", ["a.example.com"], True),
        ("https://A.Example.com/", ["a.example.com"], True),
        ("https://a.example.com:443/", ["a.example.com"], True),
        ("https://a.example.com:8443/", ["a.example.com"], False),
        ("https://a.example.com.evil.org/", ["a.example.com"], False),
        ("https://a.example.com@evil.org/", ["a.example.com"], False),
        ("https://evil.org/?a.example.com", ["a.example.com"], False),
        ("https://b.example.com/", ["a.example.com", "b.example.com"], True),
        ("ftp://a.example.com/", ["a.example.com"], False),
        ("https://a.example.com/", [], False),
    ],
)
def test_hosts_are_compared_whole(monkeypatch: pytest.MonkeyPatch, url: str, hosts: list[str], allowed: bool) -> None:
    named(monkeypatch, "93.184.216.34")
    if allowed:
        assert checked_target(url, hosts, private=False)
    else:
        with pytest.raises(DataError, match="is not allowed"):
            checked_target(url, hosts, private=False)


def test_a_name_that_nobody_knows_is_the_servers_failure() -> None:
    with pytest.raises(ServerError, match="is not known"):
        checked_target("http://no.such.host.invalid/", ["no.such.host.invalid"], private=False)


def test_a_host_is_written_without_its_schemes_own_port() -> None:
    assert host_of("http://X:80/a") == "x"
    assert host_of("http://[::1]:8000/a") == "[::1]:8000"
