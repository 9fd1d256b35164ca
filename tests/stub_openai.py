"""A small OpenAI server over raw sockets that misbehaves as real ones do, a known share of the time.

`StubServer` runs in a thread of its own. What it answers is a function of the request; what goes wrong is drawn from a
seed, so that a test knows how often.
"""

from __future__ import annotations

import asyncio
import json
import random
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Reply = Callable[[dict[str, Any]], dict[str, Any]]  # the request's body -> OpenAI's assistant message


@dataclass(frozen=True)
class Faults:
    """Shares of the requests that go wrong."""

    busy: float = 0.0  # 429 with Retry-After
    malformed: float = 0.0  # a chunk that is no JSON
    hang: float = 0.0  # half an answer, then silence
    reset: float = 0.0  # half an answer, then the connection is reset
    error: float = 0.0  # 500
    denied: float = 0.0  # 401


class StubServer:
    """`with StubServer(reply) as server: open_model(server.url)`.

    Args:
        latency: Seconds before the first piece.
        most: Requests that are worked on at a time; others get 429.
    """

    def __init__(
        self,
        reply: Reply,
        *,
        faults: Faults = Faults(),
        latency: float = 0.0,
        most: int = 1_000_000,
        retry_after: str = "0.05",
        seed: int = 0,
    ) -> None:
        self.reply = reply
        self.faults = faults
        self.latency = latency
        self.most = most
        self.counts: Counter[str] = Counter()  # what happened
        self.tokens = 0  # of prompts and answers, as a bill would have them
        self.useful = 0  # of those that came to a good end
        self.flying = self.peak = 0
        self._retry_after = retry_after
        self._random = random.Random(seed)
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)
        self.url = ""

    def __enter__(self) -> StubServer:
        self._thread.start()
        self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(10)

    async def _run(self) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=1024)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1#model=stub"
        self._ready.set()
        await self._over.wait()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-le"))
                body = json.loads(await reader.readexactly(length))
                if not await self._answer(body, writer):
                    break
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _answer(self, body: dict[str, Any], writer: asyncio.StreamWriter) -> bool:
        """Answers one request; false if the connection is to be closed."""
        self.flying += 1
        self.peak = max(self.peak, self.flying)
        try:
            fault = self._fault()
            self.counts[fault] += 1
            if fault == "busy":
                _respond(writer, "429 Too Many Requests", b'{"error": {}}', f"Retry-After: {self._retry_after}\r\n")
                return True
            if fault == "denied":
                _respond(writer, "401 Unauthorized", b'{"error": {}}', "")
                return True
            if fault == "error":
                _respond(writer, "500 Internal Server Error", b"oops", "")
                return True
            await asyncio.sleep(self.latency)
            return await self._stream(body, fault, writer)
        finally:
            self.flying -= 1

    def _fault(self) -> str:
        if self.flying > self.most:
            return "busy"
        drawn = self._random.random()
        for name, share in vars(self.faults).items():
            if drawn < share:
                return str(name)
            drawn -= share
        return "fine"

    async def _stream(self, body: dict[str, Any], fault: str, writer: asyncio.StreamWriter) -> bool:
        message = self.reply(body)
        text = message.get("content") or ""
        calls = [{**call, "index": number} for number, call in enumerate(message.get("tool_calls") or ())]
        prompt, completion = len(json.dumps(body["messages"])) // 4, len(json.dumps(message)) // 4
        half = len(text) // 2
        self.tokens += prompt + (completion if fault == "fine" else completion // 2)
        self.useful += prompt + completion if fault == "fine" else 0
        pieces = [{"role": "assistant", "content": text[:half]}, {"content": text[half:]}]
        if calls:
            pieces.append({"tool_calls": calls})
        chunks = [_chunk({"choices": [{"index": 0, "delta": piece, "finish_reason": None}]}) for piece in pieces]
        usage = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
        reason = "tool_calls" if calls else "stop"
        chunks.append(_chunk({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}], "usage": usage}))
        chunks.append(b"data: [DONE]\n\n")
        if fault == "malformed":
            chunks[1] = b'data: {"choices": [{"delta": \n\n'
        if fault in ("hang", "reset"):
            chunks = chunks[:1]
        payload = b"".join(chunks)
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        writer.write(head + f"{len(payload):x}\r\n".encode() + payload + b"\r\n")
        if fault == "hang":
            await writer.drain()
            await asyncio.sleep(3600)
        if fault == "reset":
            await writer.drain()
            writer.transport.abort()
            return False
        writer.write(b"0\r\n\r\n")
        return True


def _chunk(event: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps({"id": "x", "object": "chat.completion.chunk", **event}).encode() + b"\n\n"


def _respond(writer: asyncio.StreamWriter, status: str, body: bytes, headers: str) -> None:
    writer.write(f"HTTP/1.1 {status}\r\n{headers}Content-Length: {len(body)}\r\n\r\n".encode() + body)
