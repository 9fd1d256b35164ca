"""Server-sent events, and answers that stop when nobody listens any more."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncGenerator, Coroutine
from contextlib import aclosing
from typing import Any, TypeVar

import anyio
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.types import Message, Send

from lamforge.errors import LamforgeError
from lamforge.serve.refusal import Refused, error_event

Result = TypeVar("Result")

_log = logging.getLogger(__name__)

DONE = "data: [DONE]\n\n"
_PATIENCE = 30.0  # seconds for a client to read a piece; then its place at the engine is for others


async def event_stream(
    request: Request, events: AsyncGenerator[dict[str, Any], None], *, named: bool = False, end: str = DONE
) -> StreamingResponse:
    """A response of events, which begins with the first of them: what fails before it is an error with its own status.

    Later an error is the last event. When the client leaves, the events are closed.

    Args:
        named: Whether an event's "type" is its name on the wire too.
    """
    first = await connected(request, _next(events))

    def line(event: dict[str, Any]) -> str:
        name = f"event: {event['type']}\n" if named else ""
        return f"{name}data: {json.dumps(event, ensure_ascii=False, separators=(',', ':'))}\n\n"

    async def lines() -> AsyncGenerator[str, None]:
        async with aclosing(events) as source:
            try:
                if first is not None:
                    yield line(first)
                async for event in source:
                    yield line(event)
            except (LamforgeError, Refused) as error:
                yield f"data: {json.dumps(error_event(error))}\n\n"
                return
        yield end

    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return _Events(lines(), headers)


class _Events(StreamingResponse):
    """A stream that ends when its client does not read on."""

    def __init__(self, lines: AsyncGenerator[str, None], headers: dict[str, str]) -> None:
        super().__init__(lines, media_type="text/event-stream", headers=headers)
        self._lines = lines

    async def stream_response(self, send: Send) -> None:
        async def sent(message: Message) -> None:
            with anyio.fail_after(_PATIENCE):
                await send(message)

        try:
            await super().stream_response(sent)
        except TimeoutError:
            _log.warning("a client stopped reading its answer")
        finally:
            await self._lines.aclose()


async def _next(events: AsyncGenerator[dict[str, Any], None]) -> dict[str, Any] | None:
    """The first event, if there is one."""
    async for event in events:
        return event
    return None


async def connected(request: Request, work: Coroutine[Any, Any, Result]) -> Result:
    """The result of `work`, which is cancelled when the client goes away."""
    task = asyncio.ensure_future(work)
    watcher = asyncio.ensure_future(_gone(request))
    try:
        await asyncio.wait({task, watcher}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise Refused(499, "the client went away")
        return await task
    finally:
        watcher.cancel()
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await task


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
