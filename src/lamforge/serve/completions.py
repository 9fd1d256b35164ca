"""`/v1/completions`: text in, text out, no format."""

from __future__ import annotations

import secrets
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from lamforge.engines import Options
from lamforge.serve.body import Fields, read_body
from lamforge.serve.chat import MAX_TOKENS, count_usage
from lamforge.serve.conversation import Seed, Temperature, TopP, options
from lamforge.serve.streaming import connected, event_stream
from lamforge.serve.work import Work

_MAX_TOKENS = 16  # OpenAI's, where a request does not say


class CompletionRequest(Fields):
    """The fields of a text completion."""

    model: str = ""
    prompt: str
    temperature: float = Temperature
    top_p: float = TopP
    max_tokens: int = Field(default=_MAX_TOKENS, ge=1, le=MAX_TOKENS)
    seed: int | None = Seed
    stop: str | list[str] | None = Field(default=None, max_length=64)
    stream: bool = False

    @classmethod
    def defaults(cls) -> dict[str, list[Any]]:
        """See `Fields.defaults`."""
        own: dict[str, list[Any]] = {"n": [1], "best_of": [1], "echo": [False], "suffix": [""], "logprobs": []}
        own |= {"frequency_penalty": [0], "presence_penalty": [0], "logit_bias": [{}], "stream_options": [{}]}
        return {**super().defaults(), **own}


class Completions:
    """Answers text completions with the server's model."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def __call__(self, request: Request) -> Response:
        """One request."""
        fields = await read_body(request, CompletionRequest)
        head = {"id": f"cmpl-{secrets.token_hex(12)}", "created": int(time.time()), "model": self._work.model_name}
        head["object"] = "text_completion"
        chosen = options(fields, fields.max_tokens, None)
        if fields.stream:
            return await event_stream(request, self._chunks(fields.prompt, chosen, head))
        return JSONResponse(await connected(request, self._whole(fields.prompt, chosen, head)))

    async def _whole(self, prompt: str, chosen: Options, head: dict[str, Any]) -> dict[str, Any]:
        texts, reason = [], "stop"
        usage: dict[str, Any] = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
        async with self._work.turn(), aclosing(self._work.complete(prompt, chosen)) as deltas:
            async for delta in deltas:
                texts.append(delta.get("content", ""))
                if "finish_reason" in delta:
                    reason = delta["finish_reason"]
                    count_usage(usage, delta["usage"])
        return {**head, "choices": [_choice("".join(texts), reason)], "usage": usage}

    async def _chunks(self, prompt: str, chosen: Options, head: dict[str, Any]) -> AsyncGenerator[dict[str, Any], None]:
        async with self._work.turn(), aclosing(self._work.complete(prompt, chosen)) as deltas:
            async for delta in deltas:
                yield {**head, "choices": [_choice(delta.get("content", ""), delta.get("finish_reason"))]}


def _choice(text: str, reason: str | None) -> dict[str, Any]:
    return {"index": 0, "text": text, "logprobs": None, "finish_reason": reason}
