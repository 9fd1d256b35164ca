"""A watch over an engine: if it shows no life while requests wait for it, it hangs and is ended."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

Sent = TypeVar("Sent")


class Vigil:
    """Every wait for the engine goes through `over`.

    The engine hangs if a request has waited for `silence` seconds and meanwhile no request got anything. A request
    whose own reader is slow does not wait for the engine, and says nothing about it.

    Args:
        silence: Seconds.
        end: Ends the engine; what waits then fails.
    """

    def __init__(self, silence: float, end: Callable[[], None]) -> None:
        self._silence = silence
        self._end = end
        self._last_sign = 0.0  # of life, to any request; seconds of the monotonic clock

    async def over(self, sent: Awaitable[Sent], *, further: float = 0.0) -> Sent:
        """What the engine sends.

        Args:
            further: Seconds more that it may take, for work that shows no sign of life until it is done.
        """
        loop = asyncio.get_running_loop()
        began = time.monotonic()
        timer: asyncio.TimerHandle

        def look() -> None:
            nonlocal timer
            left = max(began, self._last_sign) + self._silence + further - time.monotonic()
            if left <= 0:
                self._end()
            else:
                timer = loop.call_later(left, look)

        timer = loop.call_later(self._silence + further, look)
        try:
            result = await sent
        finally:
            timer.cancel()
        self._last_sign = time.monotonic()
        return result
