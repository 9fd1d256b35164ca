"""`/v1/responses`, stateless: the whole conversation comes with each request."""

from __future__ import annotations

import asyncio
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from lamforge.errors import bounded
from lamforge.messages import Message, Role
from lamforge.serve.body import Fields, read_body
from lamforge.serve.calls import broken_call
from lamforge.serve.chat import MAX_TOKENS
from lamforge.serve.conversation import (
    MAX_MESSAGES,
    Temperature,
    ToolChoice,
    TopP,
    checked_tools,
    choice_of,
    options,
    response_schema,
    text_of,
)
from lamforge.serve.refusal import Refused, unsupported
from lamforge.serve.response_events import ResponseEvents
from lamforge.serve.streaming import connected, event_stream
from lamforge.serve.work import Work


class _Text(BaseModel):
    model_config = ConfigDict(extra="forbid")

    format: dict[str, Any] | None = None
    verbosity: Literal["medium"] | None = None  # accepted if it is OpenAI's own; nothing else is done


class ResponsesRequest(Fields):
    """The fields of a response."""

    model: str = ""
    input: str | list[dict[str, Any]] = Field(max_length=8 * 1024 * 1024)
    instructions: str | None = None
    tools: list[dict[str, Any]] | None = None
    tool_choice: ToolChoice = "auto"
    parallel_tool_calls: bool = True
    text: _Text = _Text()
    temperature: float = Temperature
    top_p: float = TopP
    max_output_tokens: int | None = Field(default=None, ge=1, le=MAX_TOKENS)
    stream: bool = False

    @classmethod
    def defaults(cls) -> dict[str, list[Any]]:
        """See `Fields.defaults`."""
        own: dict[str, list[Any]] = {
            "previous_response_id": [],
            "conversation": [],
            "truncation": ["disabled"],
            "reasoning": [{}, {"effort": "none"}],
            "top_logprobs": [0],
            "max_tool_calls": [],
            "prompt": [],
            "stream_options": [{}, {"include_obfuscation": False}],
        }
        return {**super().defaults(), **own}


class Responses:
    """Answers responses with the server's model."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def __call__(self, request: Request) -> Response:
        """One request."""
        fields = await read_body(request, ResponsesRequest)
        given = [_chat_tool(tool, n) for n, tool in enumerate(fields.tools or ())]
        schema = await asyncio.to_thread(response_schema, fields.text.format, "text.format")
        tools = await asyncio.to_thread(checked_tools, given, schema)  # large ones take a while
        choice = choice_of(fields.tool_choice, tools)
        chosen = options(fields, fields.max_output_tokens or self._work.max_tokens, schema)
        messages = _messages(fields)
        events = ResponseEvents(self._work.model_name, fields)
        stream = events.stream(lambda: self._work.answer(messages, tools, choice, chosen), self._work.turn)
        if fields.stream:
            return await event_stream(request, stream, named=True, end="")

        async def whole() -> dict[str, Any]:
            last: dict[str, Any] = {}
            async for event in stream:
                last = event
            if events.failure:
                raise events.failure
            return dict(last["response"])

        return JSONResponse(await connected(request, whole()))


def _chat_tool(tool: dict[str, Any], number: int) -> dict[str, Any]:
    """A tool of a response, which is flat, in the shape of a chat's."""
    if tool.get("type", "function") != "function":
        raise unsupported(f"tools[{number}].type", "Only functions can be called.")
    return {key: tool[key] for key in ("name", "description", "parameters", "strict") if tool.get(key) is not None}


def _messages(fields: ResponsesRequest) -> list[Message]:
    """The conversation: calls that follow each other are one message of the assistant."""
    messages = [Message(role="system", content=fields.instructions)] if fields.instructions else []
    items = [{"role": "user", "content": fields.input}] if isinstance(fields.input, str) else fields.input
    if not items or len(items) > MAX_MESSAGES:
        raise Refused(400, f"input must have 1 to {MAX_MESSAGES} items", field="input")
    for number, item in enumerate(items):
        where = f"input[{number}]"
        kind = item.get("type", "message")
        if kind == "message":
            messages.append(_message(item, where))
        elif kind == "function_call":
            call = _call(item, where)
            if call.tool_calls and messages and messages[-1].role == "assistant":
                messages[-1].tool_calls = [*(messages[-1].tool_calls or ()), *call.tool_calls]
            else:
                messages.append(call)
        elif kind == "function_call_output":
            output = text_of(item.get("output"), f"{where}.output")
            messages.append(Message(role="tool", content=output, tool_call_id=_call_id(item, where)))
        elif kind != "reasoning":  # the model's own notes, which are of no use to another turn
            raise unsupported(f"{where}.type", f"It is {bounded(kind, 60)}.")
    return messages


def _message(item: dict[str, Any], where: str) -> Message:
    roles: dict[Any, Role] = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant"}
    if not isinstance(role := item.get("role"), str) or role not in roles:
        raise Refused(400, f"{where}.role is {bounded(role, 60)}", field=f"{where}.role")
    return Message(role=roles[role], content=text_of(item.get("content"), f"{where}.content"))


def _call(item: dict[str, Any], where: str) -> Message:
    call_id = _call_id(item, where)
    try:
        if (text := broken_call(item)) is not None:
            return Message(role="assistant", content=text)
        call = {"id": call_id, "function": {"name": item["name"], "arguments": item.get("arguments") or {}}}
        return Message.from_wire({"role": "assistant", "tool_calls": [call]})
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise Refused(400, f"{where} is no call: {bounded(item)}", field=where) from error


def _call_id(item: dict[str, Any], where: str) -> str:
    if not isinstance(call_id := item.get("call_id"), str) or not call_id:
        raise Refused(400, f"{where}.call_id is missing, or no text", field=f"{where}.call_id")
    return call_id
