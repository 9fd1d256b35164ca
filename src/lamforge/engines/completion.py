"""Requests to the llama.cpp child: one stream of events each, and a watch over all of them.

It knows llama.cpp's HTTP endpoints and nothing of formats or messages.
"""

from __future__ import annotations

import asyncio
import json
import time
import unicodedata
from collections.abc import AsyncGenerator
from typing import Any

import httpx

from lamforge.engines.base import ContextError, Options
from lamforge.engines.lines import event_lines
from lamforge.engines.process import LlamaProcess
from lamforge.errors import EngineError

_SILENCE = 120.0  # seconds without a token or 512 read prompt tokens for any request: then the engine hangs
_RANDOM = 0xFFFFFFFF  # llama.cpp's "choose a seed"


class Completions:
    """The requests to one child.

    Args:
        name: Of the model, for errors.
        tokenized: Send token ids instead of text: for a file whose tokenizer would add tokens of its own.
        composed: Compose letters and accents first (Unicode's NFC), as Qwen's tokenizer does and llama.cpp does not.
    """

    def __init__(self, process: LlamaProcess, name: str, *, tokenized: bool, composed: bool) -> None:
        self._process = process
        self._name = name
        self._tokenized = tokenized
        self._composed = composed
        self._client: tuple[asyncio.AbstractEventLoop, httpx.AsyncClient] | None = None
        self._in_flight = 0
        self._last_sign = 0.0  # of life, from any request; seconds of the monotonic clock
        self._hung = False

    async def stream(self, prompt: str, options: dict[str, Any]) -> AsyncGenerator[dict[str, Any], None]:
        """llama.cpp's events for a prompt; the last one has `stop` set. Closing the generator frees the slot.

        Raises:
            ContextError: if the prompt does not fit.
            EngineError: if the child refuses, dies, or hangs.
        """
        body = {"prompt": await self._readable(prompt), "stream": True, "return_progress": True, **options}
        client, url = await self._open("/completion")
        watch = self._watch()
        try:
            async with client.stream("POST", url, json=body) as response:
                if response.status_code != 200:
                    raise _refusal(await response.aread())
                async for line in event_lines(response):
                    self._last_sign = time.monotonic()
                    event = _event(line)
                    if event is None or "prompt_progress" in event:
                        continue
                    yield event
                    if event.get("stop"):
                        return
        except (httpx.TransportError, ValueError) as error:
            raise await self._failure(error) from error
        finally:
            self._unwatch(watch)
        raise EngineError("the engine's answer broke off", where=self._name)

    async def whole(self, prompt: str, options: dict[str, Any]) -> dict[str, Any]:
        """One event with everything: the text, and all `tokens` (a stream leaves out those of a split character)."""
        body = {"prompt": await self._readable(prompt), "return_tokens": True, **options}
        return await self._post("/completion", body)

    async def tokens(self, text: str) -> list[int]:
        """The ids of a text's tokens, special ones read as such."""
        answer = await self._post("/tokenize", {"content": text, "add_special": False, "parse_special": True})
        return list(answer["tokens"])

    async def aclose(self) -> None:
        """Ends the child and all requests."""
        await asyncio.to_thread(self._process.close)
        if self._client is not None and self._client[0] is asyncio.get_running_loop():
            await self._client[1].aclose()
        self._client = None

    async def _readable(self, prompt: str) -> str | list[int]:
        text = prompt.encode("utf-8", errors="replace").decode()  # half a surrogate pair has no UTF-8
        if self._composed:
            text = unicodedata.normalize("NFC", text)
        return await self.tokens(text) if self._tokenized else text

    async def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        client, url = await self._open(path)
        try:
            response = await client.post(url, json=body)
            if response.status_code != 200:
                raise _refusal(response.content)
            return dict(response.json())
        except (httpx.TransportError, ValueError) as error:
            raise await self._failure(error) from error

    async def _open(self, path: str) -> tuple[httpx.AsyncClient, str]:
        """A client of the running event loop, and where to send to; starts the child if need be."""
        address = self._process.ready
        if address is None:
            address = await asyncio.to_thread(self._process.address)
        loop = asyncio.get_running_loop()
        if self._client is None or self._client[0] is not loop:
            client = httpx.AsyncClient(
                headers={"Authorization": f"Bearer {self._process.key}"},
                timeout=httpx.Timeout(None, connect=10.0),
                limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
                trust_env=False,  # a proxy must not see the loopback interface
            )
            self._client = (loop, client)
        return self._client[1], address + path

    def _watch(self) -> list[asyncio.TimerHandle]:
        """Ends the child if it shows no life for `_SILENCE` seconds while requests wait."""
        loop = asyncio.get_running_loop()
        if self._in_flight == 0:
            self._last_sign = time.monotonic()
            self._hung = False
        self._in_flight += 1

        def look() -> None:
            left = self._last_sign + _SILENCE - time.monotonic()
            if left <= 0:
                self._hung = True
                self._process.kill()
            else:
                timer[0] = loop.call_later(left, look)

        timer = [loop.call_later(_SILENCE, look)]
        return timer

    def _unwatch(self, timer: list[asyncio.TimerHandle]) -> None:
        timer[0].cancel()
        self._in_flight -= 1

    async def _failure(self, error: Exception) -> EngineError:
        await asyncio.to_thread(self._process.settle)
        if self._hung:
            return EngineError(f"the engine gave no sign of life for {_SILENCE:.0f} seconds", where=self._name)
        return EngineError(f"the engine broke off while it answered ({type(error).__name__})", where=self._name)


def sampling(options: Options, stop: tuple[str, ...] = ()) -> dict[str, Any]:
    """llama.cpp's options for sampling from the model's own distribution, or for greedy decoding at temperature 0."""
    return {
        "temperature": options.temperature,
        "n_predict": options.max_tokens,
        "seed": _RANDOM if options.seed is None else options.seed % _RANDOM,
        "stop": list(stop),
        "top_k": 0,
        "top_p": options.top_p,
        "min_p": 0.0,
        "cache_prompt": True,
    }


def _event(line: str) -> dict[str, Any] | None:
    """The event on a line of the stream, or None on a line without one.

    Raises:
        EngineError: if it is an error.
    """
    kind, _, data = line.partition(": ")
    if kind == "error":
        raise _refusal(data.encode())
    if kind != "data":
        return None
    event = dict(json.loads(data))
    if "error" in event:
        raise _refusal(data.encode())
    return event


def _refusal(body: bytes) -> EngineError:
    try:
        error = json.loads(body)
        error = error.get("error", error)
        kind, message = error.get("type"), str(error.get("message"))
    except (ValueError, AttributeError):
        kind, message = None, body[:300].decode("utf-8", errors="replace")
    if kind == "exceed_context_size_error":
        return ContextError(message, remedy="Open the model with a larger context, or shorten the conversation.")
    return EngineError(f"the engine refused: {message}")
