"""Requests to the llama.cpp child: a stream of events or one answer each, all under one watch.

It knows llama.cpp's HTTP endpoints and nothing of formats or messages.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import httpx

from lamforge.engines.dialects import composed, utf8
from lamforge.engines.lines import event_lines
from lamforge.engines.llama_words import read_event, refusal
from lamforge.engines.process import LlamaProcess
from lamforge.engines.vigil import Vigil
from lamforge.errors import EngineError

_SILENCE = 120.0  # seconds without a token or 512 read prompt tokens for any request: then the engine hangs
_WHOLE = 3600.0  # seconds more for an answer that comes in one piece
_FORCED = 1e6  # added to the logit of a token that must be chosen


class ChildClient:
    """The requests to one child.

    Args:
        name: Of the model, for errors.
        tokenized: Send token ids instead of text: for a file whose tokenizer would add tokens of its own.
        composed: Compose letters and accents first; see `composed`.
    """

    def __init__(self, process: LlamaProcess, name: str, *, tokenized: bool, composed: bool) -> None:
        self._process = process
        self._name = name
        self._tokenized = tokenized
        self._composed = composed
        self._client: tuple[asyncio.AbstractEventLoop, httpx.AsyncClient] | None = None
        self._vigil = Vigil(_SILENCE, self._end_hung)
        self._letter: int | None = None  # the token of an "a", once asked for
        self._hung: str | None = None  # where the child listened that was ended because it hung

    async def stream(self, prompt: str, options: dict[str, Any]) -> AsyncGenerator[dict[str, Any], None]:
        """llama.cpp's events for a prompt; the last one has `stop` set. Closing the generator frees the slot.

        If the child dies before the first event, perhaps of another request, the next child gets this one once more.

        Raises:
            ContextError: if the prompt does not fit.
            EngineError: if the child refuses, dies, or hangs.
        """
        begun = False
        try:
            async with aclosing(self._events(prompt, options)) as events:
                async for event in events:
                    begun = True
                    yield event
            return
        except _DiedError:
            if begun:
                raise
        async with aclosing(self._events(prompt, options)) as events:
            async for event in events:
                yield event

    async def _events(self, prompt: str, options: dict[str, Any]) -> AsyncGenerator[dict[str, Any], None]:
        body = {"prompt": await self._readable(prompt), "stream": True, "return_progress": True, **options}
        client, address = await self._open()
        try:
            async with aclosing(self._lines(client, f"{address}/completion", body)) as lines:
                async for line in lines:
                    event = read_event(line)
                    if event is None or "prompt_progress" in event:
                        continue
                    yield event
                    if event.get("stop"):
                        return
        except (httpx.TransportError, ValueError) as error:
            raise await self._failure(error, address) from error
        raise _DiedError("the engine's answer broke off", where=self._name)

    async def _lines(self, client: httpx.AsyncClient, url: str, body: dict[str, Any]) -> AsyncGenerator[str, None]:
        """The lines of a stream, each waited for under the watch."""
        request = client.build_request("POST", url, json=body)
        response = await self._vigil.over(client.send(request, stream=True))
        try:
            if response.status_code != 200:
                raise refusal(await response.aread())
            lines = event_lines(response)
            while (line := await self._vigil.over(anext(lines, None))) is not None:
                yield line
        finally:
            await response.aclose()

    async def whole(self, prompt: str, options: dict[str, Any]) -> dict[str, Any]:
        """One event with everything: the text, and all `tokens` (a stream leaves out those of a split character)."""
        body = {"prompt": await self._readable(prompt), "return_tokens": True, **options}
        return await self._post("/completion", body, further=_WHOLE)

    async def likeliest(self, tokens: list[int], count: int) -> list[tuple[int, float]]:
        """What may follow these tokens: (token, log-probability) of the `count` likeliest, sorted."""
        if self._letter is None:
            self._letter = (await self.tokens("a"))[0]
        # llama.cpp tells probabilities only with a token that is a text: half a character or the end of a turn is none.
        # What is chosen does not change what it tells of the model, so a letter is.
        forced = {"logit_bias": [[self._letter, _FORCED]], "n_predict": 1, "temperature": 0.0}
        answer = await self._post("/completion", {"prompt": tokens, "n_probs": count, **forced}, further=_WHOLE)
        return [(row["id"], row["logprob"]) for row in answer["completion_probabilities"][0]["top_logprobs"]]

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
        text = composed(utf8(prompt)) if self._composed else utf8(prompt)
        return await self.tokens(text) if self._tokenized else text

    async def _post(self, path: str, body: dict[str, Any], *, further: float = 0.0) -> dict[str, Any]:
        client, address = await self._open()
        try:
            response = await self._vigil.over(client.post(address + path, json=body), further=further)
            if response.status_code != 200:
                raise refusal(response.content)
            return dict(response.json())
        except (httpx.TransportError, ValueError) as error:
            raise await self._failure(error, address) from error

    async def _open(self) -> tuple[httpx.AsyncClient, str]:
        """A client of the running event loop, and where the child listens; starts the child if need be."""
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
        return self._client[1], address

    def _end_hung(self) -> None:
        self._hung = self._process.ready
        self._process.kill()

    async def _failure(self, error: Exception, address: str) -> EngineError:
        await asyncio.to_thread(self._process.settle)
        if self._hung == address:
            return EngineError(f"the engine gave no sign of life for {_SILENCE:.0f} seconds", where=self._name)
        return _DiedError(f"the engine broke off while it answered ({type(error).__name__})", where=self._name)


class _DiedError(EngineError):
    """The child ended while it worked."""
