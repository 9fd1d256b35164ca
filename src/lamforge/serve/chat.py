"""`/v1/chat/completions`."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from lamforge.engines import Options, join
from lamforge.messages import Message
from lamforge.serve.body import Fields, read_body
from lamforge.serve.calls import wire_message, with_own_ids
from lamforge.serve.conversation import (
    MAX_MESSAGES,
    MESSAGE_SCHEMA,
    Seed,
    Temperature,
    ToolChoice,
    TopP,
    chat_message,
    checked_tools,
    choice_of,
    options,
    response_schema,
)
from lamforge.serve.streaming import connected, event_stream
from lamforge.serve.work import Work

MAX_CHOICES = 16
MAX_TOKENS = 1_000_000


class _StreamOptions(BaseModel):
    model_config = ConfigDict(extra="forbid")

    include_usage: bool = False
    include_obfuscation: bool = False  # accepted; nothing is obfuscated


class ChatRequest(Fields):
    """The fields of a chat completion."""

    model: str = ""
    messages: list[dict[str, Any]] = Field(
        min_length=1, max_length=MAX_MESSAGES, json_schema_extra={"items": MESSAGE_SCHEMA}
    )
    tools: list[dict[str, Any]] | None = None
    tool_choice: ToolChoice = "auto"
    parallel_tool_calls: bool = True
    response_format: dict[str, Any] | None = None
    temperature: float = Temperature
    top_p: float = TopP
    max_tokens: int | None = Field(default=None, ge=1, le=MAX_TOKENS)
    max_completion_tokens: int | None = Field(default=None, ge=1, le=MAX_TOKENS)
    n: int = Field(default=1, ge=1, le=MAX_CHOICES)
    seed: int | None = Seed
    stop: str | list[str] | None = Field(default=None, max_length=64)
    stream: bool = False
    stream_options: _StreamOptions = _StreamOptions()

    @classmethod
    def defaults(cls) -> dict[str, list[Any]]:
        """See `Fields.defaults`."""
        own: dict[str, list[Any]] = {
            "frequency_penalty": [0],
            "presence_penalty": [0],
            "logprobs": [False],
            "top_logprobs": [0],
            "logit_bias": [{}],
            "modalities": [["text"]],
            "functions": [],
            "function_call": [],
            "audio": [],
            "prediction": [],
            "reasoning_effort": ["none"],
            "verbosity": ["medium"],
            "web_search_options": [],
        }
        return {**super().defaults(), **own}


class Chat:
    """Answers chat completions with the server's model."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def __call__(self, request: Request) -> Response:
        """One request."""
        fields = await read_body(request, ChatRequest)
        messages = [chat_message(wire, number) for number, wire in enumerate(fields.messages)]
        asked = await asyncio.to_thread(_Asked, self._work, fields, messages)  # large tools take a while to check
        if fields.stream:
            return await event_stream(request, asked.chunks())
        return JSONResponse(await connected(request, asked.whole()))


class _Asked:
    """One request that is being answered."""

    def __init__(self, work: Work, fields: ChatRequest, messages: list[Message]) -> None:
        self._work = work
        self._fields = fields
        self._messages = messages
        schema = response_schema(fields.response_format, "response_format")
        self._tools = checked_tools(fields.tools, schema)
        self._choice = choice_of(fields.tool_choice, self._tools)
        self._options = options(fields, fields.max_completion_tokens or fields.max_tokens or work.max_tokens, schema)
        self._head = {"id": f"chatcmpl-{secrets.token_hex(12)}", "created": int(time.time()), "model": work.model_name}
        self._usage = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}

    async def whole(self) -> dict[str, Any]:
        """The answer as one object."""
        choices = []
        async with self._work.turn():
            for index in range(self._fields.n):
                joined, reason, usage = await join(self._deltas(index))
                self._count(usage)
                choices.append(
                    {"index": index, "message": wire_message(joined), "logprobs": None, "finish_reason": reason}
                )
        return {**self._head, "object": "chat.completion", "choices": choices, "usage": self._usage}

    async def chunks(self) -> AsyncGenerator[dict[str, Any], None]:
        """The answer as chunks."""
        async with self._work.turn():
            for index in range(self._fields.n):
                begun = False
                async with aclosing(self._deltas(index)) as deltas:
                    async for delta in deltas:
                        if not begun:
                            yield self._chunk(index, {"role": "assistant", "content": ""})
                            begun = True
                        if "finish_reason" in delta:
                            self._count(delta["usage"])
                            told = {"problem": delta["problem"]} if delta.get("problem") else {}
                            yield self._chunk(index, told, delta["finish_reason"])
                        else:
                            yield self._chunk(index, with_own_ids(delta))
        if self._fields.stream_options.include_usage:
            yield {**self._head, "object": "chat.completion.chunk", "choices": [], "usage": self._usage}

    def _deltas(self, index: int) -> AsyncGenerator[dict[str, Any], None]:
        own = self._options if index == 0 else _varied(self._options, index)
        return self._work.answer(self._messages, self._tools, self._choice, own)

    def _chunk(self, index: int, delta: dict[str, Any], reason: str | None = None) -> dict[str, Any]:
        choice = {"index": index, "delta": delta, "logprobs": None, "finish_reason": reason}
        return {**self._head, "object": "chat.completion.chunk", "choices": [choice]}

    def _count(self, usage: dict[str, int]) -> None:
        count_usage(self._usage, usage)


def count_usage(total: dict[str, Any], usage: dict[str, int]) -> None:
    """Adds an answer's tokens, in OpenAI's words."""
    total["prompt_tokens"] = max(total["prompt_tokens"], usage.get("prompt_tokens", 0))  # read once for all choices
    total["completion_tokens"] += usage.get("completion_tokens", 0)
    total["total_tokens"] = total["prompt_tokens"] + total["completion_tokens"]
    if "cached_tokens" in usage:
        total.setdefault("prompt_tokens_details", {"cached_tokens": usage["cached_tokens"]})


def _varied(options: Options, index: int) -> Options:
    """Another choice has another seed."""
    return options if options.seed is None else replace(options, seed=options.seed + index)
