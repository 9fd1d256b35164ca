"""The chat page at `/`, and the domain that it may act on."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from lamforge.domains import Domain, Environment, result_text
from lamforge.serve.body import Fields, read_body
from lamforge.serve.refusal import Refused

_STATIC = Path(__file__).with_name("static")
_SESSIONS = 256  # conversations whose state is kept; the one that rested longest is forgotten first

Handler = Callable[[Request], Awaitable[Response]]


class _CallRequest(Fields):
    """A call of one of the domain's tools."""

    session: str = Field(min_length=1, max_length=64)
    name: str = Field(max_length=64)
    arguments: dict[str, Any]


class _Sessions:
    """One environment for each conversation of the page."""

    def __init__(self, domain: Domain) -> None:
        self._domain = domain
        self._open: OrderedDict[str, Environment] = OrderedDict()

    def begin(self) -> str:
        """A new conversation's name."""
        name = secrets.token_urlsafe(16)
        self._open[name] = self._domain.environment()
        if len(self._open) > _SESSIONS:
            self._open.popitem(last=False)
        return name

    def environment(self, name: str) -> Environment:
        """A conversation's environment.

        Raises:
            Refused: if it is not known, or no more.
        """
        if name not in self._open:
            raise Refused(404, "this conversation is not known any more: begin a new one", field="session")
        self._open.move_to_end(name)
        return self._open[name]


def page(domain: Domain | None, route: Callable[..., Route]) -> list[Route]:
    """The page's routes.

    Args:
        route: Makes a route of a path, a handler and a method.
    """
    style, script = ((_STATIC / name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    policy = f"default-src 'none'; connect-src 'self'; style-src {_hash(style)}; script-src {_hash(script)}; "
    policy += "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    text = (_STATIC / "page.html").read_text(encoding="utf-8").replace("/*STYLE*/", style).replace("/*SCRIPT*/", script)

    async def shown(request: Request) -> Response:
        headers = {"Content-Security-Policy": policy, "Referrer-Policy": "no-referrer"}
        return Response(text, media_type="text/html", headers=headers)

    routes = [route("/", shown)]
    if domain is None:
        return [*routes, route("/page/domain", _no_domain)]
    sessions = _Sessions(domain)

    async def begin(request: Request) -> Response:
        described = {"name": domain.name, "policy": domain.policy, "tools": domain.tools}
        return JSONResponse({**described, "session": sessions.begin()})

    async def call(request: Request) -> Response:
        fields = await read_body(request, _CallRequest)
        done = sessions.environment(fields.session).execute(fields.name, fields.arguments)
        return JSONResponse({"content": result_text(done), "ok": done.ok})

    return [*routes, route("/page/domain", begin), route("/page/call", call, "POST")]


async def _no_domain(request: Request) -> Response:
    return JSONResponse(None)


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
