"""Any OpenAI-compatible endpoint over HTTP: chat completions, streamed."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from typing import Any

import httpx

from lamforge.engines.base import ContextError, Delta
from lamforge.errors import EngineError
from lamforge.formats import get_format
from lamforge.messages import Message
from lamforge.tools import wrapped

_TIMEOUT = httpx.Timeout(120.0, connect=10.0, pool=None)  # seconds between two pieces of an answer


class EndpointModel:
    """See `lamforge.engines.base.Model`; the endpoint renders and parses by itself.

    Args:
        url: The base URL that /chat/completions is appended to, such as http://localhost:8000/v1.
        model: The model's name there; the first that /models lists if not given.
        key: Sent as a bearer token; OPENAI_API_KEY by default.
    """

    def __init__(self, url: str, *, model: str | None = None, key: str | None = None) -> None:
        self.name = model or url
        self.format = get_format("xlam-qwen/always")
        self.notes = ["the endpoint renders prompts and parses calls by itself"]
        self._url = url.rstrip("/")
        self._model = model
        token = key or os.environ.get("OPENAI_API_KEY") or "none"
        self._client = httpx.AsyncClient(timeout=_TIMEOUT, headers={"Authorization": f"Bearer {token}"})

    async def chat(
        self,
        messages: list[Any],
        tools: list[dict[str, Any]] | None = None,
        tool_choice: str = "auto",
        temperature: float = 0.0,
        max_tokens: int = 512,
        seed: int | None = None,
    ) -> AsyncIterator[Delta]:
        """See `lamforge.engines.base.Model.chat`."""
        body: dict[str, Any] = {
            "model": self._model or await self._first_model(),
            "messages": [m.to_wire() if isinstance(m, Message) else Message.from_wire(m).to_wire() for m in messages],
            "temperature": temperature,
            "max_tokens": max_tokens,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        if seed is not None:
            body["seed"] = seed
        if tools:
            named = tool_choice not in ("auto", "none", "required")
            body["tools"] = [wrapped(tool) for tool in tools]
            body["tool_choice"] = {"type": "function", "function": {"name": tool_choice}} if named else tool_choice
        reason = ""
        usage: dict[str, int] = {}
        async for event in self._events(body):
            usage = event.get("usage") or usage
            for choice in event.get("choices") or ():
                reason = choice.get("finish_reason") or reason
                delta = {k: v for k, v in (choice.get("delta") or {}).items() if k in ("content", "tool_calls") and v}
                if delta:
                    yield delta
        if not reason:
            raise EngineError("the answer broke off before its end", where=self._url)
        yield {"finish_reason": reason, "usage": usage}

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._client.aclose()

    async def _first_model(self) -> str:
        try:
            response = await self._client.get(f"{self._url}/models")
            self._model = str(response.raise_for_status().json()["data"][0]["id"])
        except (httpx.HTTPError, ValueError, KeyError, IndexError, TypeError) as error:
            raise EngineError(
                f"does not list its models ({type(error).__name__})",
                where=self._url,
                remedy="Name one with #model=NAME.",
            ) from error
        return self._model

    async def _events(self, body: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        try:
            async with self._client.stream("POST", f"{self._url}/chat/completions", json=body) as response:
                if response.status_code != 200:
                    raise _refusal(response.status_code, await response.aread(), self._url)
                async for line in response.aiter_lines():
                    if line.startswith("data:") and line[5:].strip() != "[DONE]":
                        event = json.loads(line[5:])
                        if not isinstance(event, dict) or event.get("error"):
                            raise EngineError(f"reported an error: {str(event)[:300]}", where=self._url)
                        yield event
        except (httpx.HTTPError, ValueError) as error:
            raise EngineError(f"did not answer properly ({type(error).__name__}: {error})", where=self._url) from error


def _refusal(status: int, body: bytes, url: str) -> EngineError:
    text = body.decode("utf-8", errors="replace")[:300]
    if status == 400 and "context" in text.lower():
        return ContextError(text, where=url)
    return EngineError(f"answered {status}: {text}", where=url)
