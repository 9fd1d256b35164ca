"""An endpoint that misbehaves below the level of its JSON: a raw socket says exactly what a test wants."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from lamforge.engines import BusyError, ContextError, RefusalError, collect, open_model
from lamforge.errors import EngineError, SchemaError
from lamforge.messages import Message

HELLO = [Message(role="user", content="hello")]
STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"


def chunk(delta: Any, reason: str | None = None) -> bytes:
    return b"data: " + json.dumps({"choices": [{"delta": delta, "finish_reason": reason}]}).encode() + b"\n\n"


def _read_request(connection: socket.socket) -> None:
    with connection.makefile("rb") as file:
        length = 0
        while (line := file.readline().strip()) != b"":
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        file.read(length)


@contextmanager
def saying(answer: bytes, *, reset: bool = False) -> Iterator[str]:
    """The base URL of a server that gives this answer to one request, then closes or resets the connection."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            _read_request(connection)  # closing with unread data would reset the connection
            connection.sendall(answer)
            if reset:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1#model=m"
    finally:
        thread.join(timeout=5)
        listener.close()


def ask(url: str, *tools: dict[str, Any]) -> tuple[Message, str, dict[str, int]]:
    async def whole() -> Any:
        model = open_model(url)
        try:
            return await collect(model.chat(HELLO, list(tools) or None))
        finally:
            await model.aclose()

    return asyncio.run(whole())


def test_a_connection_reset_in_the_middle_of_an_answer_is_an_engine_error() -> None:
    with saying(STREAM + chunk({"content": "half"}), reset=True) as url, pytest.raises(EngineError):
        ask(url)


def test_nobody_listening_is_an_engine_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(EngineError, match="cannot be reached"):
        ask(f"http://127.0.0.1:{port}/v1#model=m")


@pytest.mark.parametrize(
    "event",
    [
        [],
        {"choices": ["text"]},
        {"choices": 7},
        {"choices": [{"delta": {"tool_calls": [{"index": "first"}]}}]},
        {"choices": [{"delta": "text"}]},
        {"usage": {"prompt_tokens": None}},
    ],
)
def test_json_of_another_shape_is_an_engine_error(event: Any) -> None:
    with saying(STREAM + b"data: " + json.dumps(event).encode() + b"\n\n") as url, pytest.raises(EngineError):
        ask(url)


def test_calls_without_an_index_are_told_apart_by_their_names() -> None:
    pieces = [
        {"id": "a", "function": {"name": "look", "arguments": '{"x": 1}'}},
        {"id": "b", "function": {"name": "go", "arguments": '{"y"'}},
        {"function": {"arguments": ": 2}"}},
    ]
    answer = STREAM + b"".join(chunk({"tool_calls": [piece]}) for piece in pieces) + chunk({}, "stop")
    with saying(answer) as url:
        message, reason, _ = ask(url)
    assert message.tool_calls is not None
    made = [(call.id, call.function.name, call.function.arguments) for call in message.tool_calls]
    assert made == [("a", "look", {"x": 1}), ("b", "go", {"y": 2})]
    assert reason == "tool_calls"


def test_what_is_wrong_with_a_call_is_said_on_it() -> None:
    pieces = [{"index": 0, "id": "a", "function": {"name": "jump", "arguments": "{}"}}]
    with saying(STREAM + chunk({"tool_calls": pieces}) + chunk({}, "tool_calls")) as url:
        message, _, _ = ask(url, {"name": "look", "parameters": {}})
    assert message.tool_calls is not None
    assert message.tool_calls[0].problems == ["unknown tool 'jump'"]


def test_a_strict_tool_is_refused_before_anything_is_asked() -> None:
    with pytest.raises(SchemaError, match="--format") as caught:
        ask("http://127.0.0.1:9/v1#model=m", {"type": "function", "function": {"name": "look", "strict": True}})
    assert caught.value.where == "tools[0].function.strict"


def test_a_text_may_hold_what_unicode_takes_for_the_end_of_a_line() -> None:
    said = "one\u0085two\u2028three\u2029four\x0bfive\x1csix"
    event = {"choices": [{"index": 0, "delta": {"content": said}, "finish_reason": "stop"}]}
    with saying(STREAM + b"data: " + json.dumps(event, ensure_ascii=False).encode() + b"\n\n") as url:
        assert ask(url)[0].content == said


def test_usage_is_read_from_the_last_chunk() -> None:
    last = b'data: {"choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}}\n\n'
    with saying(STREAM + chunk({"content": "yes"}, "stop") + last + b"data: [DONE]\n\n") as url:
        message, _, usage = ask(url)
    assert message.content == "yes"
    assert usage == {"prompt_tokens": 5, "completion_tokens": 2}


def test_a_refused_key_says_which_setting_holds_it() -> None:
    answer = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbad"
    with saying(answer) as url, pytest.raises(EngineError, match="OPENAI_API_KEY"):
        ask(url)


def test_a_conversation_too_long_for_the_endpoint_is_a_context_error() -> None:
    body = b'{"error": {"code": "context_length_exceeded"}}'
    head = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body)
    with saying(head + body) as url, pytest.raises(ContextError):
        ask(url)


@pytest.mark.parametrize(
    ("status", "header", "kind"),
    [
        ("400 Bad Request", "", RefusalError),
        ("404 Not Found", "", RefusalError),
        ("422 Unprocessable Entity", "", RefusalError),
        ("429 Too Many Requests", "Retry-After: 7\r\n", BusyError),
        ("500 Internal Server Error", "", EngineError),
    ],
)
def test_a_refusal_is_told_from_a_failure(status: str, header: str, kind: type[EngineError]) -> None:
    answer = f"HTTP/1.1 {status}\r\n{header}Connection: close\r\nContent-Length: 3\r\n\r\nbad".encode()
    with saying(answer) as url, pytest.raises(EngineError) as caught:
        ask(url)
    assert type(caught.value) is kind
    assert getattr(caught.value, "retry_after", 7.0) == 7.0
