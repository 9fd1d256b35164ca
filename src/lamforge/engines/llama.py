"""A GGUF file run by llama.cpp in a supervised child process.

The prompt is rendered by lamforge's own format; llama.cpp reads it as text, batches requests in its slots and reuses
the prompts' common beginnings.
"""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

from lamforge.engines.base import Delta
from lamforge.engines.completion import Completions, sampling
from lamforge.engines.conversation import contents, deltas, forced_start
from lamforge.engines.gguf_header import read_header
from lamforge.engines.process import LlamaProcess
from lamforge.errors import ModelError, UsageError, bounded
from lamforge.formats import Format, get_format
from lamforge.messages import file_sha256

_SMALL = 100_000_000  # weights; below, a second thread or request makes the first one wait longer than it helps
_SLOTS = 4
_MAX_THREADS = 8
_DEFAULT_CONTEXT = 8192  # tokens a slot, unless the model was made for less
_FAMILIES = {"qwen2": "xlam-qwen/hf"}  # format of a file that does not name one, by architecture


class LlamaModel:
    """See `lamforge.engines.base.Model`; `open_model("file.gguf")` makes one.

    Args:
        slots: Requests that are generated at the same time; more wait. By default chosen by the model's size.
        context: Tokens of one conversation; by default the model's own, at most 8,192.
        threads: Of the CPU; by default chosen by the model's size.
    Raises:
        ModelError: if the file is broken or its format unknown.
        UsageError: if an option is no positive number.
    """

    def __init__(
        self,
        path: Path,
        *,
        format: str | None = None,
        slots: int | None = None,
        context: int | None = None,
        threads: int | None = None,
    ) -> None:
        for option, value in (("slots", slots), ("context", context), ("threads", threads)):
            if value is not None and value < 1:
                raise UsageError(f"{option} must be at least 1, not {value}")
        header = read_header(path)
        self._path = path.absolute()
        self.name = str(header.metadata.get("general.name") or path.stem)
        self.notes: list[str] = []
        self.format = self._format(path, header.metadata, header.architecture, format)
        made_for = header.context_length or _DEFAULT_CONTEXT
        self.context = context or min(made_for, _DEFAULT_CONTEXT)
        if self.context > made_for:
            self.notes.append(f"a context of {self.context} tokens is longer than the {made_for} it was made for")
        if threads is None:
            threads = 1 if header.parameters < _SMALL else min(_usable_cores(), _MAX_THREADS)
        self.slots = slots or (1 if header.parameters < _SMALL else _SLOTS)
        self._process = LlamaProcess(self._path, context=self.context, slots=self.slots, threads=threads)
        self._completions = Completions(
            self._process,
            self.name,
            tokenized=_adds_tokens(header.metadata),
            composed=header.metadata.get("tokenizer.ggml.pre") == "qwen2",
        )

    def _format(self, path: Path, metadata: dict[str, Any], architecture: str, chosen: str | None) -> Format:
        name = chosen or metadata.get("lamforge.format") or _FAMILIES.get(architecture)
        if name is None:
            raise ModelError(
                f"architecture {bounded(architecture)} has no known format",
                where=path,
                remedy="Name one with --format, or open_model(..., format=...), such as xlam-qwen/hf.",
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
        offered = self.format.offered(tools) if tools is not None and tool_choice != "none" else None
        start = forced_start(tool_choice, tools)
        prompt = self.format.render(messages, offered, add_generation_prompt=True) + start
        last: dict[str, Any] = {}
        called = False
        async with (
            aclosing(self._events(prompt, temperature, max_tokens, seed, self.format.stop_tokens)) as events,
            aclosing(self._deltas(_texts(events, last), start, offered, tool_choice)) as stream,
        ):
            async for delta in stream:
                called = called or "tool_calls" in delta
                yield delta
        usage = {"prompt_tokens": last["tokens_evaluated"], "completion_tokens": last["tokens_predicted"]}
        reason = "length" if last["stop_type"] == "limit" else "tool_calls" if called else "stop"
        yield {"finish_reason": reason, "usage": usage}

    async def complete(
        self,
        prompt: str,
        temperature: float = 0.0,
        max_tokens: int = 512,
        seed: int | None = None,
        stop: tuple[str, ...] = (),
    ) -> AsyncIterator[str]:
        """The text that continues a prompt, piece by piece, up to any of the texts in `stop`.

        Special tokens in the prompt are read as such; none is added.
        """
        async with aclosing(self._events(prompt, temperature, max_tokens, seed, stop)) as events:
            async for text in _texts(events, {}):
                yield text

    async def greedy_tokens(self, prompt: str, max_tokens: int) -> list[int]:
        """The ids of the tokens that greedily continue a prompt, the stop token that ends them included."""
        return list((await self._completions.whole(prompt, sampling(0.0, max_tokens, None)))["tokens"])

    def describe(self) -> dict[str, Any]:
        """See `lamforge.engines.base.Model.describe`."""
        return {"model_sha256": file_sha256(self._path), "format": self.format.id, "context": self.context}

    async def aclose(self) -> None:
        """Ends the child process; the model cannot be used again."""
        await self._completions.aclose()

    def _deltas(
        self, pieces: AsyncIterator[str], start: str, tools: list[dict[str, Any]] | None, tool_choice: str
    ) -> AsyncGenerator[Delta, None]:
        return contents(pieces) if tool_choice == "none" else deltas(pieces, start, self.format, tools)

    def _events(
        self, prompt: str, temperature: float, max_tokens: int, seed: int | None, stop: tuple[str, ...] = ()
    ) -> AsyncGenerator[dict[str, Any], None]:
        return self._completions.stream(prompt, sampling(temperature, max_tokens, seed, stop))


async def _texts(events: AsyncIterator[dict[str, Any]], last: dict[str, Any]) -> AsyncIterator[str]:
    """The events' text; the final event's fields are put into `last`."""
    async for event in events:
        if event.get("stop"):
            last.update(event)
        if event.get("content"):
            yield event["content"]


def _adds_tokens(metadata: dict[str, Any]) -> bool:
    """Whether the file's tokenizer may add a first or a last token to a text; llama.cpp's defaults vary by family."""
    return metadata.get("tokenizer.ggml.add_bos_token") is not False or bool(
        metadata.get("tokenizer.ggml.add_eos_token")
    )


def _usable_cores() -> int:
    """Cores that this process may use; fewer than the machine's in a container."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
