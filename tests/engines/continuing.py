"""A text that a model continues, as tests want it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from lamforge.engines import Options


async def complete(model: Any, prompt: str, **options: Any) -> AsyncGenerator[str, None]:
    """The pieces that follow the prompt."""
    async with aclosing(model.continued(prompt, Options(**options))) as deltas:
        async for delta in deltas:
            if "content" in delta:
                yield delta["content"]
