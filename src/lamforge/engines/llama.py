"""A GGUF file run by llama.cpp in a supervised child process.

The prompt is rendered by lamforge's own format and sent as text to llama.cpp's completion endpoint on the loopback
interface; its slots batch requests together and reuse the prompts' common beginnings.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import httpx

from lamforge.engines.base import ContextError, Delta
from lamforge.engines.conversation import deltas, forced_start
from lamforge.engines.gguf_header import read_header
from lamforge.engines.process import LlamaProcess
from lamforge.errors import EngineError, ModelError
from lamforge.formats import Format, get_format
from lamforge.tools import bare

_SMALL = 100_000_000  # weights; below, one thread is fastest: more spin and wait for each other on a busy machine
_MAX_THREADS = 8
_DEFAULT_CONTEXT = 8192  # tokens a slot, unless the model was made for less
_SILENCE = 120.0  # seconds without a token after which the engine counts as hung
_FAMILIES = {"qwen2": "xlam-qwen/hf"}  # format of a file that does not name one, by architecture


class LlamaModel:
    """See `lamforge.engines.base.Model`; `open_model("file.gguf")` makes one.

    Args:
        slots: Requests that are generated at the same time; more wait.
        context: Tokens of one conversation; by default the model's own, at most 8,192.
        threads: Of the CPU; by default chosen by the model's size.
    Raises:
        ModelError: if the file is broken or its format unknown.
    """

    def __init__(
        self,
        path: Path,
        *,
        format: str | None = None,
        slots: int = 4,
        context: int | None = None,
        threads: int | None = None,
    ) -> None:
        header = read_header(path)
        self.name = str(header.metadata.get("general.name") or path.stem)
        self.notes: list[str] = []
        self.format = self._format(path, header.metadata, header.architecture, format)
        self.context = context or min(header.context_length or _DEFAULT_CONTEXT, _DEFAULT_CONTEXT)
        if threads is None:
            threads = 1 if header.parameters < _SMALL else min(os.cpu_count() or 1, _MAX_THREADS)
        self._process = LlamaProcess(path, context=self.context, slots=slots, threads=threads)
        self._client: httpx.AsyncClient | None = None

    def _format(self, path: Path, metadata: dict[str, Any], architecture: str, chosen: str | None) -> Format:
        name = chosen or metadata.get("lamforge.format") or _FAMILIES.get(architecture)
        if name is None:
            raise ModelError(
                f"architecture {architecture!r} has no known format", where=path, remedy="Name one with format=..."
            )
        fmt = get_format(str(name))
        template = metadata.get("tokenizer.chat_template")
        if isinstance(template, str) and template != fmt.chat_template:
            self.notes.append(f"the file's own chat template is not used; prompts are rendered as {fmt.id}")
        return fmt

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
        offered = [bare(tool) for tool in tools] if tools is not None and tool_choice != "none" else None
        start = forced_start(tool_choice, tools)
        prompt = self.format.render(messages, offered, add_generation_prompt=True) + start
        last: dict[str, Any] = {}
        events = self._events(prompt, temperature, max_tokens, seed)
        called = False
        async with aclosing(events), aclosing(deltas(_texts(events, last), start, self.format, offered)) as stream:
            async for delta in stream:
                called = called or "tool_calls" in delta
                yield delta
        usage = {"prompt_tokens": last["tokens_evaluated"], "completion_tokens": last["tokens_predicted"]}
        reason = "length" if last["stop_type"] == "limit" else "tool_calls" if called else "stop"
        yield {"finish_reason": reason, "usage": usage}

    async def complete(
        self, prompt: str, *, temperature: float = 0.0, max_tokens: int = 512, seed: int | None = None
    ) -> AsyncIterator[str]:
        """The text that continues a prompt, piece by piece; special tokens in the prompt are read as such."""
        async with aclosing(self._events(prompt, temperature, max_tokens, seed)) as events:
            async for text in _texts(events, {}):
                yield text

    async def greedy_tokens(self, prompt: str, max_tokens: int) -> list[int]:
        """The ids of the tokens that greedily continue a prompt; a final stop token is not among them."""
        return [token async for event in self._events(prompt, 0.0, max_tokens, None) for token in event["tokens"]]

    async def aclose(self) -> None:
        """Ends the child process."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None
        await asyncio.to_thread(self._process.stop)

    async def _events(
        self, prompt: str, temperature: float, max_tokens: int, seed: int | None
    ) -> AsyncGenerator[dict[str, Any], None]:
        """llama.cpp's stream of events; closing it frees the slot."""
        body = {
            "prompt": prompt,
            "n_predict": max_tokens,
            "temperature": temperature,
            "seed": 0xFFFFFFFF if seed is None else seed % 0xFFFFFFFF,
            "top_k": 0,
            "top_p": 1.0,
            "min_p": 0.0,
            "cache_prompt": True,
            "stream": True,
        }
        address = await asyncio.to_thread(self._process.address)
        if self._client is None:
            self._client = httpx.AsyncClient(
                timeout=httpx.Timeout(_SILENCE, connect=5.0, pool=None), limits=httpx.Limits(max_connections=None)
            )
        headers = {"Authorization": f"Bearer {self._process.key}"}
        try:
            async with self._client.stream("POST", f"{address}/completion", json=body, headers=headers) as response:
                if response.status_code != 200:
                    raise _refusal((await response.aread()).decode("utf-8", errors="replace"))
                async for line in response.aiter_lines():
                    if line.startswith("data: "):
                        event = json.loads(line[len("data: ") :])
                        yield event
                        if event.get("stop"):
                            return
                    elif line.startswith("error: "):
                        raise _refusal(line[len("error: ") :])
        except httpx.TransportError as error:
            hung = isinstance(error, httpx.TimeoutException)
            await asyncio.to_thread(self._process.stop if hung else self._process.settle)
            state = "hung" if hung else "broke off"
            raise EngineError(
                f"the engine {state} while it answered ({type(error).__name__})", where=self.name
            ) from error
        raise EngineError("the engine's answer broke off", where=self.name)


async def _texts(events: AsyncIterator[dict[str, Any]], last: dict[str, Any]) -> AsyncIterator[str]:
    """The events' text; the final event's fields are put into `last`."""
    async for event in events:
        if event.get("stop"):
            last.update(event)
        if event.get("content"):
            yield event["content"]


def _refusal(body: str) -> EngineError:
    try:
        error = json.loads(body)
        error = error.get("error", error)
        kind, message = error.get("type"), str(error.get("message"))
    except (ValueError, AttributeError):
        kind, message = None, body[:300]
    if kind == "exceed_context_size_error":
        return ContextError(message, remedy="Open the model with a larger context, or shorten the conversation.")
    return EngineError(f"the engine refused: {message}")
