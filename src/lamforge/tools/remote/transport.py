"""HTTP within bounds: checked addresses, one deadline for all of an answer, a size that it must not exceed.

Proxies and credentials of the surroundings (HTTP_PROXY, .netrc) are not used: a request goes to the address that was
checked, with the credentials that were named, or nowhere.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urljoin

import httpx

from lamforge import __version__
from lamforge.errors import ServerError, bounded
from lamforge.tools.remote.execution import check_size
from lamforge.tools.remote.hosts import checked_target, host_of

MAX_REDIRECTS = 5
_REDIRECTS = {301, 302, 303, 307, 308}
_HEADERS = {
    "Accept": "application/json, text/plain;q=0.9, */*;q=0.1",
    "Accept-Encoding": "identity",  # a few compressed bytes can stand for gigabytes
    "User-Agent": f"lamforge/{__version__}",
}


@dataclass(frozen=True)
class Outgoing:
    """A request as it is sent; `shown` is what messages call it, without secrets."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes | None
    shown: str


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    media_type: str
    text: str
    location: str | None = None


class NotSentError(ServerError):
    """No connection: the server never saw the request."""


class Transport:
    """Sends requests to allowed hosts.

    Args:
        hosts: The allowed ones, as "host" or "host:port".
        private: Whether loopback and private addresses are allowed.
        timeout_s: For one answer, redirects included.
        max_bytes: Of one answer.
    """

    def __init__(self, hosts: Sequence[str], *, private: bool, timeout_s: float, max_bytes: int) -> None:
        self._hosts = hosts
        self._private = private
        self._timeout_s = timeout_s
        self._max_bytes = max_bytes
        self._client = httpx.Client(trust_env=False, follow_redirects=False)

    def close(self) -> None:
        """Ends the connections."""
        self._client.close()

    def send(self, request: Outgoing) -> Answer:
        """The answer, after redirects within the same host.

        Raises:
            DataError: if the host is not allowed.
            NotSentError: if there is no connection.
            ServerError: if there is no whole answer in time, or it is too large, or leads to another host.
        """
        deadline = time.monotonic() + self._timeout_s
        for _ in range(MAX_REDIRECTS + 1):
            answer = self._once(request, deadline)
            if answer.status not in _REDIRECTS or answer.location is None:
                return answer
            request = _onward(request, answer)
        raise ServerError(f"leads on more than {MAX_REDIRECTS} times", where=request.shown)

    def _once(self, request: Outgoing, deadline: float) -> Answer:
        target = checked_target(request.url, self._hosts, private=self._private)
        headers = {**_HEADERS, **request.headers, "Host": target.host}
        refused: httpx.HTTPError | None = None
        for place in target.urls:
            try:
                return self._exchange(request, place, headers, target.name, deadline)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                refused = error
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                what = f"did not answer: {type(error).__name__} {bounded(str(error))}"
                raise ServerError(what, where=request.shown) from error
        what = f"cannot be reached: {bounded(str(refused))}"
        raise NotSentError(what, where=request.shown, remedy="Is the server running?") from refused

    def _exchange(self, request: Outgoing, place: str, headers: dict[str, str], name: str, deadline: float) -> Answer:
        late = f"took longer than {self._timeout_s:g} s to answer"
        left = deadline - time.monotonic()
        if left <= 0:
            raise ServerError(late, where=request.shown)
        pieces, size = [], 0
        with self._client.stream(
            request.method,
            place,
            headers=headers,
            content=request.body,
            timeout=left,
            extensions={"sni_hostname": name},
        ) as response:
            if response.headers.get("content-encoding", "identity") != "identity":
                raise ServerError("compresses its answer though asked not to", where=request.shown)
            for piece in response.iter_raw():
                pieces.append(piece)
                size += len(piece)
                check_size(size, self._max_bytes, request.shown)
                if time.monotonic() > deadline:
                    raise ServerError(late, where=request.shown)
        self._client.cookies.clear()  # each request stands for itself
        media_type = response.headers.get("content-type", "").split(";")[0].strip().lower()
        text = b"".join(pieces).decode(_charset(response), "replace")
        return Answer(response.status_code, media_type, text, response.headers.get("location"))


def _onward(request: Outgoing, answer: Answer) -> Outgoing:
    """The request that a redirect asks for (RFC 9110, section 15.4)."""
    url = urljoin(request.url, answer.location or "")
    if host_of(url) != host_of(request.url) or url.split(":")[0] != request.url.split(":")[0]:
        remedy = "This is not followed. Import the tools with --server and the address that it leads to."
        raise ServerError(f"leads on to another host, {bounded(host_of(url))}", where=request.shown, remedy=remedy)
    if answer.status == 303 or (answer.status in (301, 302) and request.method == "POST"):
        headers = {name: value for name, value in request.headers.items() if name != "Content-Type"}
        return Outgoing("GET", url, headers, None, request.shown)
    return Outgoing(request.method, url, request.headers, request.body, request.shown)


def _charset(response: httpx.Response) -> str:
    try:
        b"".decode(response.charset_encoding or "utf-8")
        return response.charset_encoding or "utf-8"
    except LookupError:
        return "utf-8"
