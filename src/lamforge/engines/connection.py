"""The HTTP side of an OpenAI-compatible endpoint: which model, which server, streams of events, errors."""

from __future__ import annotations

import json
import os
import time
from collections.abc import AsyncGenerator
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.request import getproxies, proxy_bypass

import httpx
from httpx_aiohttp import AiohttpTransport

from lamforge.engines.base import BusyError, ContextError, DeniedError, RefusalError
from lamforge.engines.lines import event_lines
from lamforge.errors import EngineError, UsageError, bounded

_REMEDIES = {
    401: "Set OPENAI_API_KEY to a key of this endpoint.",
    403: "Set OPENAI_API_KEY to a key that may use this model.",
    404: "Check that the URL ends where /chat/completions can be appended, often in /v1, and the model's name.",
}
_DENIED = (401, 403)
_REFUSED = (400, 404, 413, 422)  # what the same request would be answered with again
SILENCE = 120.0  # seconds between two pieces of an answer


class Connection:
    """An endpoint.

    Args:
        url: The base URL, such as http://localhost:8000/v1.
        model: The model's name there; the first that /models lists if not given.
        key: Sent as a bearer token; OPENAI_API_KEY by default.
        silence: Seconds between two pieces of an answer after which it is taken to be lost.
    Raises:
        UsageError: if the URL is none, or holds a password or a query, which would be shown wherever it is named.
    """

    def __init__(self, url: str, model: str | None, key: str | None, silence: float = SILENCE) -> None:
        self._url = _base(url)
        self._model = model
        self._server: str | None = None
        token = key or os.environ.get("OPENAI_API_KEY") or "none"
        self._client = httpx.AsyncClient(
            timeout=httpx.Timeout(silence, connect=10.0, pool=None),
            transport=_transport(self._url),
            headers={"Authorization": f"Bearer {token}"},
        )

    async def model(self) -> str:
        """The model's name there."""
        if self._model is None:
            self._model = str((await self._first())["id"])
        return self._model

    async def server(self) -> str:
        """What the endpoint says that its model is owned by, such as vllm or llamacpp; empty if it does not say."""
        if self._server is None:
            try:
                self._server = str((await self._first()).get("owned_by") or "")
            except EngineError:
                if self._model is None:
                    raise
                return ""  # and not remembered: it may still start
        return self._server

    async def tokens(self, text: str) -> list[int]:
        """The ids of a text's tokens, special ones read as such; llama-server's own endpoint, beside /v1.

        Raises:
            EngineError: if there is none.
        """
        url = self._url.removesuffix("/v1") + "/tokenize"
        try:
            body = {"content": text, "add_special": False, "parse_special": True}
            response = await self._client.post(url, json=body)
            return [int(token) for token in response.raise_for_status().json()["tokens"]]
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise EngineError(f"gives no tokens ({type(error).__name__})", where=url) from error

    async def _first(self) -> dict[str, Any]:
        try:
            response = await self._client.get(f"{self._url}/models")
            if response.status_code in _DENIED:
                raise _refusal(response, self._url)
            first = dict(response.raise_for_status().json()["data"][0])
            return {**first, "id": first["id"]}
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise self._unreachable() from error
        except (httpx.HTTPError, ValueError, KeyError, IndexError, TypeError) as error:
            raise EngineError(
                f"does not list its models ({type(error).__name__})",
                where=self._url,
                remedy="Name one with #model=NAME.",
            ) from error

    async def events(self, path: str, body: dict[str, Any]) -> AsyncGenerator[dict[str, Any], None]:
        """The events that a request is answered with.

        Raises:
            ContextError: if the conversation does not fit.
            EngineError: if the endpoint refuses, fails, or cannot be reached.
        """
        try:
            async with self._client.stream("POST", self._url + path, json=body) as response:
                if response.status_code != 200:
                    await response.aread()
                    raise _refusal(response, self._url)
                async for line in event_lines(response):
                    if line.startswith("data:") and line[5:].strip() != "[DONE]":
                        event = json.loads(line[5:])
                        if not isinstance(event, dict) or event.get("error"):
                            raise EngineError(f"reported an error: {bounded(event, 300)}", where=self._url)
                        yield event
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise self._unreachable() from error
        except (httpx.HTTPError, ValueError) as error:
            raise EngineError(f"did not answer properly ({type(error).__name__}: {error})", where=self._url) from error

    def _unreachable(self) -> EngineError:
        return EngineError("cannot be reached", where=self._url, remedy="Is the server running?")

    def describe(self) -> dict[str, Any]:
        """Where the answers came from."""
        return {"endpoint": self._url, "endpoint_model": self._model}

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._client.aclose()


def _base(url: str) -> str:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise UsageError(f"{bounded(url)} is no URL ({error})") from error
    if parsed.userinfo or parsed.query or not parsed.host:
        raise UsageError(
            "a URL is wanted that has no password and no query in it",
            where=str(parsed.copy_with(username=None, password=None, query=None)),
            remedy="Put the key into OPENAI_API_KEY.",
        )
    return url.rstrip("/")


def _transport(url: str) -> httpx.AsyncBaseTransport | None:
    """aiohttp's connections, which take less processor time for a request than httpx's own take for their pool alone.

    None, httpx's own, if a proxy stands between: httpx finds it in the environment.
    """
    parsed, proxies = httpx.URL(url), getproxies()
    if (parsed.scheme in proxies or "all" in proxies) and not proxy_bypass(parsed.host):
        return None
    as_many_as_needed = httpx.Limits(max_connections=0, keepalive_expiry=30.0)
    return AiohttpTransport(limits=as_many_as_needed)


def _refusal(response: httpx.Response, url: str) -> EngineError:
    status, text = response.status_code, response.text[:300]
    if status == 400 and "context" in text.lower():
        return ContextError(text, where=url)
    if status == 429:
        return BusyError(f"answered 429: {text}", where=url, retry_after=_seconds(response.headers.get("retry-after")))
    kind = DeniedError if status in _DENIED else RefusalError if status in _REFUSED else EngineError
    return kind(f"answered {status}: {text}", where=url, remedy=_REMEDIES.get(status))


def _seconds(retry_after: str | None) -> float | None:
    """What a Retry-After header asks to wait: seconds, or the time until a date (RFC 9110, section 10.2.3)."""
    if retry_after is None:
        return None
    try:
        return max(0.0, float(retry_after))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(retry_after).timestamp() - time.time())
    except ValueError:
        return None
