"""A client that stops reading its answer, at the level of ASGI: there a test can hold a piece back for certain."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from lamforge.engines import ScriptedModel
from lamforge.serve import make_app, streaming

BODY = json.dumps({"messages": [{"role": "user", "content": "x"}], "stream": True}).encode()


class Chatterbox(ScriptedModel):
    """Talks on and on, to one at a time."""

    def __init__(self) -> None:
        super().__init__()
        self.slots = 1
        self.talking = 0

    async def chat(self, *args: Any, **options: Any) -> AsyncGenerator[dict[str, Any], None]:  # type: ignore[override]
        self.talking += 1
        try:
            for _ in range(3):
                yield {"content": "and "}
            yield {"finish_reason": "stop", "usage": {}}
        finally:
            self.talking -= 1


async def ask(app: Any, *, reads: int) -> list[bytes]:
    """The pieces of an answer of which a client reads so many, and then no more."""
    got: list[bytes] = []
    asked = False

    async def receive() -> dict[str, Any]:
        nonlocal asked
        if asked:
            await asyncio.Event().wait()
        asked = True
        return {"type": "http.request", "body": BODY, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        if len(got) >= reads:
            await asyncio.Event().wait()
        if message["type"] == "http.response.body":
            got.append(message["body"])

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "path": "/v1/chat/completions",
        "query_string": b"",
        "headers": [(b"host", b"localhost")],
    }
    await app(scope, receive, send)
    return got


def test_a_client_that_stops_reading_loses_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "_PATIENCE", 0.2)

    async def play() -> None:
        model = Chatterbox()
        app = make_app(model)
        stuck, quick = await asyncio.gather(ask(app, reads=2), ask(app, reads=100))
        assert len(stuck) == 2
        assert quick[-2] == b"data: [DONE]\n\n"
        assert model.talking == 0

    asyncio.run(asyncio.wait_for(play(), 20))
