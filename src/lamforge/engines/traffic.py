"""How many requests an endpoint gets at a time: more while it answers as fast as before, fewer when it does not."""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from lamforge.engines.base import GoneError

_START = 4  # requests at a time before anything is known
_SLOWER = 2.0  # times the best time to the first piece: then the endpoint is taken to be full
_SLACK = 0.05  # seconds that a first piece may come later without meaning anything
_FAILURES = 8  # in a row before requests are held back
_LONGEST = 30.0  # seconds between two tries at an endpoint that fails
_LONGEST_PAUSE = 120.0  # seconds that a Retry-After is honoured


class Traffic:
    """Paces the requests to one endpoint.

    The number at a time doubles with each round of answers until the endpoint is full (a 429, or first pieces that come
    late), then it grows by one a round and falls when the endpoint is full again (AIMD, as TCP does it). After
    `_FAILURES` failures in a row the circuit is open: one request at a time tries whether the endpoint is back.

    Args:
        most: Requests at a time at most.
        give_up: Seconds without any success after which the endpoint is given up.
        unheard: The same for an endpoint that has never answered yet; `give_up` by default.
    """

    def __init__(self, most: int = 64, *, give_up: float = 300.0, unheard: float | None = None) -> None:
        self.most = most
        self.limit = float(min(_START, most))
        self._give_up = give_up
        self._patience = give_up if unheard is None else unheard  # until it has answered once
        self._slow_start = True
        self._flying = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._pause_until = 0.0
        self._cut_at = 0.0
        self._failures = 0
        self._failure = ""  # the last one
        self._last_success = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._firsts: deque[float] = deque(maxlen=16)
        self._best = float("inf")

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Waits for a place, and holds it; what comes of it is told by `succeeded`, `busy` or `failed`.

        Raises:
            GoneError: if the endpoint is given up.
        """
        await self._enter()
        try:
            if self._failures >= _FAILURES and time.monotonic() - self._last_success >= self._patience:
                waited = f"the endpoint has not answered for {self._patience:.0f} seconds"
                raise GoneError(
                    f"{waited}; the last failure: {self._failure}",
                    remedy="When it is back, the same command goes on where this run stopped.",
                )
            yield
        finally:
            self._flying -= 1
            self._grant()

    def succeeded(self, first: float) -> None:
        """An answer came, its first piece after so many seconds."""
        self._failures = 0
        self._last_success = time.monotonic()
        self._patience = self._give_up
        self._firsts.append(first)
        self._best = min(self._best * 1.001, first)  # forgets slowly
        usual = sorted(self._firsts)[len(self._firsts) // 2]
        if len(self._firsts) == self._firsts.maxlen and usual > self._best * _SLOWER + _SLACK:
            self._cut(0.9, time.monotonic())
        elif self._flying >= int(self.limit):
            self.limit = min(self.most, self.limit + (1.0 if self._slow_start else 1.0 / self.limit))

    def busy(self, began: float, retry_after: float | None) -> None:
        """The endpoint refused a request that began then, for it has too many."""
        self._cut(0.7, began)
        wait = 1.0 if retry_after is None else min(retry_after, _LONGEST_PAUSE)
        self._pause_until = max(self._pause_until, time.monotonic() + wait)

    def failed(self, why: str) -> bool:
        """A request failed: no answer, a broken one, an error of the server.

        Args:
            why: For those who read that the endpoint was given up.
        Returns:
            Whether that was the one failure too many, and requests are held back from now on.
        """
        self._failures += 1
        self._failure = why
        if self._failures >= _FAILURES:
            wait = min(_LONGEST, 0.5 * 2.0 ** min(self._failures - _FAILURES, 10)) * random.uniform(0.8, 1.2)
            until = min(time.monotonic() + wait, self._last_success + self._patience)
            self._pause_until = max(self._pause_until, until)
        return self._failures == _FAILURES

    def _cut(self, factor: float, began: float) -> None:
        """Lowers the limit, once for all requests that were on their way together."""
        if began >= self._cut_at:
            self.limit = max(1.0, self.limit * factor)
            self._cut_at = time.monotonic()
        self._slow_start = False
        self._firsts.clear()

    async def _enter(self) -> None:
        self._last_success = self._last_success or time.monotonic()
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(mine)
        self._grant()
        try:
            await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled():  # the turn came in the same moment
                self._flying -= 1
                self._grant()
            raise

    def _grant(self) -> None:
        """Lets in whom the limit has room for, first come first served."""
        left = self._pause_until - time.monotonic()
        if left > 0:
            if self._timer is None and self._waiting:
                self._timer = asyncio.get_running_loop().call_later(left, self._unpaused)
            return
        limit = 1 if self._failures >= _FAILURES else int(self.limit)
        while self._waiting and self._flying < limit:
            following = self._waiting.popleft()
            if not following.done():
                self._flying += 1
                following.set_result(None)

    def _unpaused(self) -> None:
        self._timer = None
        self._grant()
