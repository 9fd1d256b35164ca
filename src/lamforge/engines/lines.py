"""The lines of a stream of server-sent events."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx


async def event_lines(response: httpx.Response) -> AsyncIterator[str]:
    """Each line as it comes; a line feed alone ends it, not what else Unicode takes for the end of a line."""
    left: list[bytes] = []
    async for part in response.aiter_bytes():
        *whole, rest = part.split(b"\n")
        for line in whole:
            yield (b"".join(left) + line).removesuffix(b"\r").decode("utf-8", errors="replace")
            left = []
        left.append(rest)
    if last := b"".join(left):
        yield last.decode("utf-8", errors="replace")
