"""Server-sent events, and answers that stop when nobody listens any more."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Coroutine
from contextlib import aclosing
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import StreamingResponse

from lamforge.errors import LamforgeError
from lamforge.serve.refusal import Refused, error_event

Result = TypeVar("Result")

DONE = "data: [DONE]\n\n"


def event_stream(events: AsyncIterator[dict[str, Any]], *, named: bool = False, end: str = DONE) -> StreamingResponse:
    """A response of events. An error becomes the last one; when the client leaves, the events are closed.

    Args:
        named: Whether an event's "type" is its name on the wire too.
    """

    async def lines() -> AsyncIterator[str]:
        async with aclosing(events) as source:  # type: ignore[type-var]
            try:
                async for event in source:
                    name = f"event: {event['type']}\n" if named else ""
                    yield f"{name}data: {json.dumps(event, ensure_ascii=False, separators=(',', ':'))}\n\n"
            except (LamforgeError, Refused) as error:
                yield f"data: {json.dumps(error_event(error))}\n\n"
                return
        yield end

    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(lines(), media_type="text/event-stream", headers=headers)


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
