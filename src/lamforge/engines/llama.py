"""A GGUF file run by llama.cpp in a supervised child process.

The prompt is rendered by lamforge's own format; llama.cpp reads it as text, batches requests in its slots and reuses
the prompts' common beginnings.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path
from typing import Any

from lamforge.engines.base import Delta, Options
from lamforge.engines.completion import ChildClient
from lamforge.engines.dialects import ended
from lamforge.engines.formatted import Ended, answer, continued
from lamforge.engines.gguf_header import read_header
from lamforge.engines.llama_words import end_of, sampling
from lamforge.engines.process import LlamaProcess
from lamforge.errors import ModelError, UsageError, bounded
from lamforge.formats import Format, Grammar, get_format
from lamforge.messages import file_sha256

_SMALL = 100_000_000  # weights; below, a second request or a second thread that writes makes all slower
_SLOTS = 4
_MAX_THREADS = 8
_DEFAULT_CONTEXT = 8192  # tokens a slot, unless the model was made for less
_FAMILIES = {"qwen2": "xlam-qwen/hf", "llama": "xlam-llama/hf"}  # of a file that names no format, by architecture


class LlamaModel:
    """See `lamforge.engines.base.Model`; `open_model("file.gguf")` makes one.

    Args:
        slots: Requests that are generated at the same time; more wait. By default chosen by the model's size.
        context: Tokens of one conversation; by default the model's own, at most 8,192.
        threads: Of the CPU; by default chosen by the model's size.
        constrained: Let the model write no call that is wrong; see `lamforge.formats.Format.grammar`.
        lora: A GGUF file with an adapter for this model.
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
        constrained: bool = True,
        lora: Path | None = None,
    ) -> None:
        for option, value in (("slots", slots), ("context", context), ("threads", threads)):
            if value is not None and value < 1:
                raise UsageError(f"{option} must be at least 1, not {value}")
        header = read_header(path)
        if lora is not None:
            _check_adapter(lora, header.architecture)
        self._lora = lora
        self._path = path.absolute()
        self._constrained = constrained
        self._end: list[int] | None = None  # the tokens of the format's end of turn, once asked for
        self.name = str(header.metadata.get("general.name") or path.stem)
        self.notes: list[str] = []
        self.format = self._format(path, header.metadata, header.architecture, format)
        made_for = header.context_length or _DEFAULT_CONTEXT
        self.context = context or min(made_for, _DEFAULT_CONTEXT)
        if self.context > made_for:
            self.notes.append(f"a context of {self.context} tokens is longer than the {made_for} it was made for")
        readers = threads or min(_usable_cores(), _MAX_THREADS)
        threads = threads or (1 if header.parameters < _SMALL else readers)
        self.slots = slots or (1 if header.parameters < _SMALL else _SLOTS)
        self._process = LlamaProcess(
            self._path, context=self.context, slots=self.slots, threads=threads, readers=readers, lora=lora
        )
        self._child = ChildClient(
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

    def chat(
        self,
        messages: list[Any],
        tools: list[dict[str, Any]] | None = None,
        tool_choice: str = "auto",
        **options: Any,
    ) -> AsyncGenerator[Delta, None]:
        """See `lamforge.engines.base.Model.chat`."""
        return answer(
            self, self.format, messages, tools, tool_choice, Options(**options), constrained=self._constrained
        )

    async def write(
        self, prompt: str, options: Options, stop: tuple[str, ...], grammar: Grammar | None
    ) -> AsyncGenerator[str | Ended, None]:
        """See `lamforge.engines.formatted.TextEngine`; special tokens in the prompt are read as such, none is added."""
        body = sampling(options, stop) | ({"grammar": await self._with_end(grammar)} if grammar else {})
        async with aclosing(self._child.stream(prompt, body)) as events:
            async for event in events:
                if event.get("content"):
                    yield event["content"]
                if event.get("stop"):
                    yield end_of(event)

    async def _with_end(self, grammar: Grammar) -> str:
        if self._end is None:
            self._end = await self._child.tokens(self.format.stop_tokens[0])
        return ended(grammar, self._end)

    def continued(self, prompt: str, options: Options) -> AsyncGenerator[Delta, None]:
        """See `lamforge.engines.formatted.continued`."""
        return continued(self, prompt, options)

    async def greedy_tokens(self, prompt: str, max_tokens: int) -> list[int]:
        """The ids of the tokens that greedily continue a prompt, the stop token that ends them included."""
        return list((await self._child.whole(prompt, sampling(Options(max_tokens=max_tokens))))["tokens"])

    async def greedy_text(self, prompt: str, max_tokens: int) -> str:
        """What greedily continues a prompt, without the token that ends it."""
        return str((await self._child.whole(prompt, sampling(Options(max_tokens=max_tokens))))["content"])

    async def tokens(self, text: str) -> list[int]:
        """The ids of a prompt's tokens."""
        return await self._child.tokens(text)

    async def likeliest(self, tokens: list[int], count: int) -> list[tuple[int, float]]:
        """The `count` likeliest next tokens after these, with their logarithmic probability, the likeliest first."""
        return await self._child.likeliest(tokens, count)

    def describe(self) -> dict[str, Any]:
        """See `lamforge.engines.base.Model.describe`."""
        return {
            "model_sha256": file_sha256(self._path),
            **({"lora_sha256": file_sha256(self._lora)} if self._lora else {}),
            "format": self.format.id,
            "context": self.context,
            "constrained": self._constrained,
        }

    async def start(self) -> None:
        """Loads the model, as the first request would.

        Raises:
            ModelError: if llama.cpp cannot load the file.
        """
        await asyncio.to_thread(self._process.address)

    @property
    def trouble(self) -> str | None:
        """Why no request can be answered now, if so."""
        return self._process.trouble

    async def aclose(self) -> None:
        """Ends the child process; the model cannot be used again."""
        await self._child.aclose()


def _adds_tokens(metadata: dict[str, Any]) -> bool:
    """Whether the file's tokenizer may add a first or a last token to a text; llama.cpp's defaults vary by family."""
    return metadata.get("tokenizer.ggml.add_bos_token") is not False or bool(
        metadata.get("tokenizer.ggml.add_eos_token")
    )


def _check_adapter(path: Path, architecture: str) -> None:
    """Native code sees no adapter whose header was not checked, or that was made for another architecture."""
    header = read_header(path)
    if header.metadata.get("general.type") != "adapter" or header.architecture != architecture:
        raise ModelError(
            f"is no adapter for a {architecture} model",
            where=path,
            remedy="Make one of the adapter's folder with `lamforge export gguf`, for the model it was trained on.",
        )


def _usable_cores() -> int:
    """Cores that this process may use; fewer than the machine's in a container."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
