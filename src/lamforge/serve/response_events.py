"""From a model's deltas to the events of a response, in the order that OpenAI's clients expect."""

from __future__ import annotations

import secrets
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, aclosing
from typing import Any

from lamforge.engines import arguments_of
from lamforge.errors import LamforgeError
from lamforge.serve.calls import new_call_id
from lamforge.serve.refusal import Refused, refused

Event = dict[str, Any]


class ResponseEvents:
    """One response while it comes."""

    def __init__(self, model: str, fields: Any) -> None:
        self.failure: Refused | None = None  # the engine's, if the response failed
        self._number = 0
        self._item: dict[str, Any] | None = None  # the item that is coming
        self._response: dict[str, Any] = {
            "id": f"resp_{secrets.token_hex(16)}",
            "object": "response",
            "created_at": int(time.time()),
            "status": "in_progress",
            "model": model,
            "output": [],
            "error": None,
            "incomplete_details": None,
            "instructions": fields.instructions,
            "metadata": {},
            "tools": fields.tools or [],
            "tool_choice": fields.tool_choice,
            "parallel_tool_calls": fields.parallel_tool_calls,
            "temperature": fields.temperature,
            "top_p": fields.top_p,
            "max_output_tokens": fields.max_output_tokens,
            "text": {"format": fields.text.format or {"type": "text"}},
            "store": False,
            "usage": None,
        }

    async def stream(
        self,
        answer: Callable[[], AsyncGenerator[dict[str, Any], None]],
        turn: Callable[[], AbstractAsyncContextManager[None]],
    ) -> AsyncGenerator[Event, None]:
        """All events, from the first delta on; the last one holds the whole response.

        An error before the first delta is raised; an engine's failure after it is an event.
        """
        async with turn():
            try:
                async with aclosing(answer()) as deltas:
                    async for delta in deltas:
                        if not self._number:
                            yield self._event("response.created", response=self._snapshot())
                            yield self._event("response.in_progress", response=self._snapshot())
                        for event in self._read(delta):
                            yield event
            except LamforgeError as error:
                if error.where == "response_format":
                    error.where = "text.format"  # its name here
                told = refused(error)
                if not self._number or told.status < 500:
                    raise
                yield self._fail(told)
                return
        yield self._event(f"response.{self._response['status']}", response=self._snapshot())

    def _event(self, kind: str, **fields: Any) -> Event:
        self._number += 1
        return {"type": kind, "sequence_number": self._number - 1, **fields}

    def _snapshot(self) -> dict[str, Any]:
        return {**self._response, "output": list(self._response["output"])}

    def _fail(self, told: Refused) -> Event:
        self.failure = told
        self._response["status"] = "failed"
        self._response["error"] = {"code": "server_error", "message": told.error["message"]}
        return self._event("response.failed", response=self._snapshot())

    def _read(self, delta: dict[str, Any]) -> Iterator[Event]:
        if text := delta.get("content"):
            yield from self._text(text)
        for piece in delta.get("tool_calls", ()):
            yield from self._call(piece)
        if "finish_reason" in delta:
            yield from self._finish(delta)

    def _place(self) -> dict[str, Any]:
        assert self._item is not None
        return {"item_id": self._item["id"], "output_index": len(self._response["output"])}

    def _begin(self, item: dict[str, Any]) -> Event:
        self._item = item
        added = {**item, "content": []} if item["type"] == "message" else dict(item)
        return self._event("response.output_item.added", output_index=len(self._response["output"]), item=added)

    def _text(self, text: str) -> Iterator[Event]:
        if self._item is None or self._item["type"] != "message":
            yield from self._end_item()
            part = {"type": "output_text", "text": "", "annotations": []}
            item = {"id": f"msg_{secrets.token_hex(16)}", "type": "message", "role": "assistant"}
            yield self._begin({**item, "status": "in_progress", "content": [part]})
            yield self._event("response.content_part.added", **self._place(), content_index=0, part=dict(part))
        assert self._item is not None
        self._item["content"][0]["text"] += text
        yield self._event("response.output_text.delta", **self._place(), content_index=0, delta=text, logprobs=[])

    def _call(self, piece: dict[str, Any]) -> Iterator[Event]:
        function = piece["function"]
        if "name" in function:
            yield from self._end_item()
            item = {"id": f"fc_{secrets.token_hex(16)}", "type": "function_call", "call_id": new_call_id()}
            yield self._begin({**item, "status": "in_progress", "name": function["name"], "arguments": ""})
        assert self._item is not None
        if problems := piece.get("problems"):
            self._item["problems"] = problems
        if text := function.get("arguments"):
            self._item["arguments"] += text
            yield self._event("response.function_call_arguments.delta", **self._place(), delta=text)

    def _end_item(self, cut: bool = False) -> Iterator[Event]:
        item = self._item
        if item is None:
            return
        if item["type"] == "message":
            item["status"] = "incomplete" if cut else "completed"
            (part,) = item["content"]
            whole = {"content_index": 0, "text": part["text"], "logprobs": []}
            yield self._event("response.output_text.done", **self._place(), **whole)
            yield self._event("response.content_part.done", **self._place(), content_index=0, part=part)
        else:
            item["status"] = "completed" if arguments_of(item["arguments"]) is not None else "incomplete"
            named = {"name": item["name"], "arguments": item["arguments"]}
            yield self._event("response.function_call_arguments.done", **self._place(), **named)
        yield self._event("response.output_item.done", output_index=len(self._response["output"]), item=item)
        self._response["output"].append(item)
        self._item = None

    def _finish(self, delta: dict[str, Any]) -> Iterator[Event]:
        cut = delta["finish_reason"] == "length"
        yield from self._end_item(cut)
        self._response["status"] = "incomplete" if cut else "completed"
        self._response["incomplete_details"] = {"reason": "max_output_tokens"} if cut else None
        if problem := delta.get("problem"):
            self._response["problem"] = problem
        usage = delta["usage"]
        read, written = usage.get("prompt_tokens", 0), usage.get("completion_tokens", 0)
        self._response["usage"] = {
            "input_tokens": read,
            "input_tokens_details": {"cached_tokens": usage.get("cached_tokens", 0), "cache_write_tokens": 0},
            "output_tokens": written,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": read + written,
        }
