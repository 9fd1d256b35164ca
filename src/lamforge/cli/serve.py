"""`lamforge serve`."""

from __future__ import annotations

import asyncio
import logging
import secrets
import socket
from typing import Annotated, Any

import typer

from lamforge.cli.console import err, show_notes
from lamforge.cli.model_options import MODEL, Constrain, FormatName, MaxTools
from lamforge.errors import OutputError, UsageError

app = typer.Typer(rich_markup_mode=None, add_completion=False)

_FAREWELL = 30  # seconds that answers have to end after SIGTERM
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


@app.command()
def serve(
    model: Annotated[str, typer.Argument(help=MODEL)] = "nano",
    host: Annotated[str, typer.Option(help="Address to listen on; another than loopback needs a key.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8000,
    api_key: Annotated[
        str | None, typer.Option(envvar="LAMFORGE_API_KEY", help="What requests must carry; made up if one is needed.")
    ] = None,
    domain: Annotated[str | None, typer.Option(help="A domain that the chat page at / acts on.")] = None,
    format: FormatName = None,
    constrain: Constrain = True,
    max_tools: MaxTools = None,
    slots: Annotated[int | None, typer.Option(min=1, max=256, help="Requests that are answered at a time.")] = None,
    context: Annotated[int | None, typer.Option(min=64, help="Tokens of one conversation.")] = None,
    queue: Annotated[int, typer.Option(min=0, max=100_000, help="Requests that may wait; more get 429.")] = 128,
    max_tokens: Annotated[int, typer.Option(min=1, help="Of an answer, unless a request says.")] = 1024,
    allow_host: Annotated[
        list[str] | None, typer.Option(help="Another name that requests may call this server by; * for any.")
    ] = None,
    allow_origin: Annotated[
        list[str] | None, typer.Option(help="A site whose pages may use this server from a browser.")
    ] = None,
) -> None:
    """Serve a model over HTTP as OpenAI's API does, with a chat page at /."""
    from lamforge.domains import load_domain
    from lamforge.engines import open_model
    from lamforge.serve import Settings, make_app

    if api_key is not None and not api_key.strip():
        raise UsageError("--api-key is empty", remedy="Name a key, or leave it out: one is made up where it is needed.")
    loaded = load_domain(domain) if domain is not None else None
    key = api_key or (None if host in _LOOPBACK else secrets.token_urlsafe(24))
    hosts = (*Settings().hosts, f"[{host}]" if ":" in host else host, *(allow_host or ()))
    settings = Settings(key, hosts, tuple(allow_origin or ()), queue, max_tokens)
    opened = open_model(model, format=format, slots=slots, context=context, constrained=constrain, max_tools=max_tools)
    show_notes(opened)
    if start := getattr(opened, "start", None):  # a file that does not load is said now, not to the first client
        asyncio.run(start())
    if key is not None and api_key is None:
        err.print(f"key: {key}")
    _run(make_app(opened, settings, loaded), host, port)


def _run(app: Any, host: str, port: int) -> None:
    import uvicorn

    logging.getLogger("asyncio").setLevel(logging.ERROR)  # it warns of every piece for a client that has left
    listening = listen(host, port)
    place = listening.getsockname()
    name = f"[{place[0]}]" if ":" in place[0] else place[0]

    class Announced(uvicorn.Server):
        async def startup(self, sockets: Any = None) -> None:
            await super().startup(sockets)
            err.print(f"listening on http://{name}:{place[1]} (chat page at /, API under /v1); Ctrl-C ends it")

    config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=_FAREWELL, server_header=False)
    Announced(config).run([listening])


def listen(host: str, port: int) -> socket.socket:
    """A socket that clients can connect to.

    Raises:
        OutputError: if the address cannot be had.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        # With its protocol named, asyncio sends every piece at once; otherwise each may wait 40 ms for the one before.
        listening = socket.socket(family, kind, protocol)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(2048)
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(
            f"cannot listen: {reason}", where=f"{host}:{port}", remedy="Choose another --host or --port; 0 is any port."
        ) from error
    return listening
