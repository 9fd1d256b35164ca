"""A stream of deltas under a watch and a measure."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from lamforge.engines.base import Delta


class Timed:
    """A stream with a watch and a measure."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self.began = time.monotonic()
        self.first = 0.0  # seconds to the first piece
        self.size = 0  # characters so far

    async def deltas(self) -> AsyncGenerator[Delta, None]:
        """The same deltas."""
        async with aclosing(self._stream) as stream:
            async for delta in stream:
                self.first = self.first or time.monotonic() - self.began
                self.size += len(delta.get("content") or "")
                for piece in delta.get("tool_calls") or ():
                    function = piece.get("function") or {}
                    self.size += len(function.get("name") or "") + len(function.get("arguments") or "")
                yield delta
