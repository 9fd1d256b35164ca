"""The chat page at `/`, and the domains that it may act on."""

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

from lamforge.domains import Domain, Environment, load_domain, result_text
from lamforge.domains.load import BUNDLED
from lamforge.serve.body import Fields, read_body
from lamforge.serve.refusal import Refused

_STATIC = Path(__file__).with_name("static")
_SESSIONS = 256  # conversations whose state is kept; the one that rested longest is forgotten first

Handler = Callable[[Request], Awaitable[Response]]


class _BeginRequest(Fields):
    """A new conversation; with the server's own domain unless another is named."""

    name: str | None = None


class _CallRequest(Fields):
    """A call of one of the domain's tools."""

    session: str = Field(min_length=1, max_length=64)
    name: str
    arguments: dict[str, Any]


class _Sessions:
    """One environment for each conversation of the page."""

    def __init__(self) -> None:
        self._open: OrderedDict[str, Environment] = OrderedDict()

    def begin(self, domain: Domain) -> str:
        """A new conversation's name."""
        name = secrets.token_urlsafe(16)
        self._open[name] = domain.environment()
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
        domain: The one that the page begins with; it hides a bundled one of its name.
        route: Makes a route of a path, a handler and a method.
    """
    text, policy = _document()
    offered = _offered(domain)
    sessions = _Sessions()

    async def shown(request: Request) -> Response:
        headers = {"Content-Security-Policy": policy, "Referrer-Policy": "no-referrer"}
        return Response(text, media_type="text/html", headers=headers)

    async def choice(request: Request) -> Response:
        listed = [{"name": name, "description": each.description} for name, each in offered.items()]
        return JSONResponse({"domains": listed, "chosen": domain.name if domain else None})

    async def begin(request: Request) -> Response:
        asked = (await read_body(request, _BeginRequest)).name
        name = asked if asked is not None else domain.name if domain else ""
        if name not in offered:
            known = ", ".join(offered) or "none"
            raise Refused(404, f"there is no domain {name[:100]!r}; this server has: {known}", field="name")
        chosen = offered[name]
        described = {"name": name, "description": chosen.description, "policy": chosen.policy, "tools": chosen.tools}
        return JSONResponse({**described, "session": sessions.begin(chosen)})

    async def call(request: Request) -> Response:
        fields = await read_body(request, _CallRequest)
        environment = sessions.environment(fields.session)
        before = environment.diff()
        done = environment.execute(fields.name, fields.arguments)
        changed = [operation for operation in environment.diff() if operation not in before]
        return JSONResponse({"content": result_text(done), "ok": done.ok, "changed": changed})

    return [
        route("/", shown),
        route("/page/domains", choice),
        route("/page/domain", begin, "POST"),
        route("/page/call", call, "POST"),
    ]


def _offered(domain: Domain | None) -> dict[str, Domain]:
    """The domains that a person may choose, by name: the server's own and the bundled ones."""
    bundled = [load_domain(path.parent) for path in sorted(BUNDLED.glob("*/domain.yaml"))]
    own = {domain.name: domain} if domain else {}
    return own | {each.name: each for each in bundled if each.name not in own}


def _document() -> tuple[str, str]:
    """The page with its style and scripts in it, and the policy that lets a browser run them and nothing else."""
    text, style, *scripts = (
        (_STATIC / name).read_text(encoding="utf-8") for name in ("page.html", "page.css", "view.js", "page.js")
    )
    text = text.replace("/*page.css*/", style)
    for name, script in zip(("view.js", "page.js"), scripts, strict=True):
        text = text.replace(f"/*{name}*/", script)
    policy = f"default-src 'none'; connect-src 'self'; img-src data:; style-src {_hash(style)}; "
    policy += f"script-src {' '.join(map(_hash, scripts))}; "
    return text, policy + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
