"""The HTTP application: its routes, who may use it, and how errors leave it."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lamforge.engines import Model
from lamforge.errors import LamforgeError
from lamforge.serve.chat import Chat
from lamforge.serve.completions import Completions
from lamforge.serve.description import description
from lamforge.serve.page import page
from lamforge.serve.refusal import Refused, refused
from lamforge.serve.responses import Responses
from lamforge.serve.work import Work

_OPEN = ("/", "/health")  # what needs no key: nothing in them is secret, or costs anything
_HOST = re.compile(r"([a-z0-9._-]+|\[[0-9a-f:.]+\])(?::[0-9]+)?")
_METRICS = "text/plain; version=0.0.4; charset=utf-8"

Handler = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True)
class Settings:
    """Who may use a server, and how much of it."""

    key: str | None = None  # every request must carry it
    hosts: tuple[str, ...] = ("127.0.0.1", "localhost", "[::1]")  # names that a request may call the server by
    origins: tuple[str, ...] = ()  # pages of other sites that may use it from a browser
    queue: int = 128  # requests that may wait
    max_tokens: int = 1024  # of an answer, unless a request says how many


def make_app(model: Model, settings: Settings = Settings(), domain: Any = None) -> Starlette:
    """The application.

    Args:
        domain: A loaded domain whose policy and tools the chat page starts with, and acts on.
    """
    work = Work(model, queue=settings.queue, max_tokens=settings.max_tokens)
    started = int(time.time())

    async def models(request: Request) -> Response:
        card = {"id": model.name, "object": "model", "created": started, "owned_by": "lamforge"}
        wanted = request.path_params.get("name")
        if wanted is not None and wanted != model.name:
            raise Refused(404, f"there is no model {wanted[:100]!r}", field="model", code="model_not_found")
        return JSONResponse(card if wanted is not None else {"object": "list", "data": [card]})

    async def health(request: Request) -> Response:
        if trouble := getattr(model, "trouble", None):
            return JSONResponse({"status": "error", "message": trouble}, 503)
        return JSONResponse({"status": "ok"})

    async def metrics(request: Request) -> Response:
        return Response(work.metrics.text(), media_type=_METRICS)

    async def openapi(request: Request) -> Response:
        return JSONResponse(description())

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        yield
        await model.aclose()

    def route(path: str, handler: Handler, method: str = "GET") -> Route:
        async def endpoint(request: Request) -> Response:
            return await _told(handler, request, path, work)

        return Route(path, endpoint, methods=[method])

    routes = [
        route("/v1/chat/completions", Chat(work), "POST"),
        route("/v1/responses", Responses(work), "POST"),
        route("/v1/completions", Completions(work), "POST"),
        route("/v1/models", models),
        route("/v1/models/{name:path}", models),
        route("/health", health),
        route("/metrics", metrics),
        route("/openapi.json", openapi),
        *page(domain, route),
    ]
    middleware = [Middleware(_Guard, settings=settings)]
    if settings.origins:
        allowed: Any = {
            "allow_origins": list(settings.origins),
            "allow_methods": ["GET", "POST"],
            "allow_headers": ["*"],
        }
        middleware.insert(0, Middleware(CORSMiddleware, **allowed))
    handlers: Any = {404: _missing, 405: _missing, Exception: _unexpected}
    return Starlette(routes=routes, middleware=middleware, lifespan=lifespan, exception_handlers=handlers)


async def _told(handler: Handler, request: Request, path: str, work: Work) -> Response:
    """A handler's response, or its error as one."""
    try:
        response = await handler(request)
    except Refused as error:
        response = error.response()
    except LamforgeError as error:
        response = refused(error).response()
    work.metrics.requests.labels(path, response.status_code).inc()
    return response


async def _missing(request: Request, error: Any) -> Response:
    return Refused(error.status_code, f"{request.method} {request.url.path[:200]}: {error.detail}").response()


async def _unexpected(request: Request, error: Exception) -> Response:
    return Refused(500, f"an error in the server itself: {type(error).__name__}").response()


class _Guard:
    """Lets in requests that call the server by its name and carry the key; looks at headers alone."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(Request(scope))
        await (refusal.response() if refusal else self._app)(scope, receive, _hardened(send))

    def _refusal(self, request: Request) -> Refused | None:
        host = request.headers.get("host", "").lower()
        called = _HOST.fullmatch(host)
        if "*" not in self._settings.hosts and not (called and called[1] in self._settings.hosts):
            remedy = "Start it with --allow-host to add a name."
            return Refused(421, f"this server is not called {host[:100]!r}. {remedy}", code="unknown_host")
        path = request.scope["path"]
        if path not in _OPEN and self._foreign(request, host):
            return Refused(403, "pages of other sites may not use this server", code="unknown_origin")
        if self._settings.key is None or path in _OPEN:
            return None
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        sent = given.strip().encode("latin-1")  # the bytes as they came
        if scheme.lower() == "bearer" and secrets.compare_digest(sent, self._settings.key.encode()):
            return None
        return Refused(401, "a key is needed: Authorization: Bearer KEY", code="invalid_api_key")

    def _foreign(self, request: Request, host: str) -> bool:
        """Whether a browser sends this for a page of a site that is not allowed."""
        origin = request.headers.get("origin")
        if origin in self._settings.origins or "*" in self._settings.origins:
            return False
        other = origin is not None and origin.lower().partition("://")[2] != host
        return other or request.headers.get("sec-fetch-site") == "cross-site"


def _hardened(send: Send) -> Send:
    """Adds to each response that a browser must not guess its type."""

    async def hardened(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", []), (b"x-content-type-options", b"nosniff")]
        await send(message)

    return hardened
