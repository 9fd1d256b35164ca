"""Many connections to one server without a pool that looks at all of them for each request.

httpcore's pool does so: with 30 requests in flight that takes half of a request's processor time, and it grows
with their number. Here each lane is a transport of one connection; a request takes an idle lane, or opens another.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Callable
from urllib.request import getproxies, proxy_bypass

import httpx

_ONE = httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=30.0)


def transport_for(url: str) -> httpx.AsyncBaseTransport | None:
    """Lanes to the server of a URL, or None if a proxy stands between, which httpx finds in the environment."""
    parsed = httpx.URL(url)
    proxies = getproxies()
    if (parsed.scheme in proxies or "all" in proxies) and not proxy_bypass(parsed.host):
        return None
    return Lanes()


class Lanes(httpx.AsyncBaseTransport):
    """As many connections as there are requests at a time; the one used last is used first."""

    def __init__(self) -> None:
        self._idle: list[httpx.AsyncHTTPTransport] = []
        self._all: set[httpx.AsyncHTTPTransport] = set()
        self._tls: ssl.SSLContext | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """See `httpx.AsyncBaseTransport`."""
        lane = self._idle.pop() if self._idle else self._another(request)
        try:
            response = await lane.handle_async_request(request)
        except BaseException:
            self._idle.append(lane)
            raise
        assert isinstance(response.stream, httpx.AsyncByteStream)
        stream = _Stream(response.stream, lambda: self._idle.append(lane))
        return httpx.Response(
            response.status_code, headers=response.headers, stream=stream, extensions=response.extensions
        )

    async def aclose(self) -> None:
        """Closes the connections."""
        for lane in self._all:
            await lane.aclose()
        self._all.clear()
        self._idle.clear()

    def _another(self, request: httpx.Request) -> httpx.AsyncHTTPTransport:
        if request.url.scheme == "https" and self._tls is None:
            self._tls = httpx.create_ssl_context()  # reads the certificates once, not for each connection
        lane = httpx.AsyncHTTPTransport(verify=self._tls or False, limits=_ONE)
        self._all.add(lane)
        return lane


class _Stream(httpx.AsyncByteStream):
    """A response's bytes; gives its lane back when it is closed."""

    def __init__(self, inner: httpx.AsyncByteStream, done: Callable[[], None]) -> None:
        self._inner = inner
        self._done: Callable[[], None] | None = done

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._inner:
            yield part

    async def aclose(self) -> None:
        done, self._done = self._done, None
        try:
            await self._inner.aclose()
        finally:
            if done is not None:
                done()
