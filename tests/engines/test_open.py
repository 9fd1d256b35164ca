from __future__ import annotations

import asyncio
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from tests.tiny_gguf import write_tiny_gguf

from lamforge.engines import ScriptedModel, collect, open_model
from lamforge.errors import DataError, EngineError, LamforgeError, ModelError, UsageError
from lamforge.messages import Function, Message, ToolCall

HELLO = [Message(role="user", content="hello")]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return write_tiny_gguf(tmp_path_factory.mktemp("model") / "tiny.gguf", width=16, layers=1).read_bytes()


@pytest.mark.parametrize("share", [0.0, 0.001, 0.1, 0.5, 0.999])
def test_a_truncated_file_is_named(tiny: bytes, tmp_path: Path, share: float) -> None:
    path = tmp_path / "m.gguf"
    path.write_bytes(tiny[: int(len(tiny) * share)])
    with pytest.raises(ModelError, match=r"m\.gguf"):
        open_model(str(path))


@pytest.mark.parametrize(
    ("spec", "kind"),
    [
        ("model.bin", UsageError),
        ("nowhere.gguf", ModelError),
        ("hf:owner/name", ModelError),
        ("scripted:none.jsonl", DataError),
    ],
)
def test_what_cannot_be_opened_says_why(spec: str, kind: type[LamforgeError]) -> None:
    with pytest.raises(kind):
        open_model(spec)


@pytest.mark.parametrize("spec", ["http://127.0.0.1:9/v1", "scripted"])
def test_slots_are_kept_by_every_model_and_what_is_a_ggufs_is_refused(spec: str) -> None:
    assert open_model(spec).slots == 8
    assert open_model(spec, slots=3).slots == 3
    for option in ("context", "threads"):
        with pytest.raises(UsageError, match=option):
            open_model(spec, **{option: 64})  # type: ignore[arg-type]


def test_a_scripted_model_says_what_it_is_told() -> None:
    call = ToolCall(function=Function(name="look", arguments={"x": 1}))
    model = ScriptedModel(lambda messages, tools: Message(role="assistant", tool_calls=[call]))
    message, reason, _ = asyncio.run(collect(model.chat(HELLO)))
    assert reason == "tool_calls"
    assert message.tool_calls is not None
    assert message.tool_calls[0].function == call.function


def test_recorded_answers_are_used_once_each(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"content": "one"}\n{"content": "two"}\n')
    model = open_model(f"scripted:{tmp_path / 'a.jsonl'}")
    assert [asyncio.run(collect(model.chat(HELLO)))[0].content for _ in range(2)] == ["one", "two"]
    with pytest.raises(EngineError, match="used up"):
        asyncio.run(collect(model.chat(HELLO)))


class _Endpoint(BaseHTTPRequestHandler):
    """Answers with what the test wrote into `script`."""

    script: ClassVar[dict[str, Any]] = {}

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.seen = body  # type: ignore[attr-defined]
        self.send_response(self.script.get("status", 200))
        self.end_headers()
        self.wfile.write("".join(f"data: {line}\n\n" for line in self.script["lines"]).encode())

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def endpoint():
    server = HTTPServer(("127.0.0.1", 0), _Endpoint)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def _chunk(delta: dict[str, Any], reason: str | None = None) -> str:
    return json.dumps({"choices": [{"index": 0, "delta": delta, "finish_reason": reason}]})


def _ask(server: HTTPServer, **script: Any) -> tuple[Message, str, dict[str, int]]:
    _Endpoint.script = script

    async def whole() -> Any:
        model = open_model(f"http://127.0.0.1:{server.server_port}/v1#model=m")
        try:
            return await collect(model.chat(HELLO, tools=[{"name": "look", "parameters": {}}], tool_choice="look"))
        finally:
            await model.aclose()

    return asyncio.run(whole())


def test_an_endpoints_call_arrives_whole(endpoint: HTTPServer) -> None:
    pieces = [{"index": 0, "id": "c", "type": "function", "function": {"name": "look", "arguments": ""}}]
    more = [{"index": 0, "function": {"arguments": '{"x"'}}]
    rest = [{"index": 0, "function": {"arguments": ": 1}"}}]
    lines = [_chunk({"tool_calls": part}) for part in (pieces, more, rest)]
    message, reason, _ = _ask(endpoint, lines=[*lines, _chunk({}, "tool_calls"), "[DONE]"])
    assert reason == "tool_calls"
    assert message.tool_calls is not None
    assert message.tool_calls[0].function == Function(name="look", arguments={"x": 1})
    sent = endpoint.seen  # type: ignore[attr-defined]
    assert sent["tool_choice"] == {"type": "function", "function": {"name": "look"}}
    assert sent["tools"][0]["type"] == "function"


@pytest.mark.parametrize(
    "script",
    [
        {"lines": ["oops"], "status": 500},
        {"lines": [_chunk({"content": "cut"})]},
        {"lines": ["{not json"]},
        {"lines": ['{"error": {"message": "out of memory"}}']},
    ],
)
def test_a_faulty_endpoint_is_an_engine_error_not_an_answer(endpoint: HTTPServer, script: dict[str, Any]) -> None:
    with pytest.raises(EngineError):
        _ask(endpoint, **script)


def test_a_call_that_was_cut_off_is_content_with_its_problem(endpoint: HTTPServer) -> None:
    cut = _chunk({"tool_calls": [{"index": 0, "function": {"name": "f", "arguments": '{"x": "ab'}}]})
    message, reason, _ = _ask(endpoint, lines=[cut, _chunk({}, "length")])
    assert reason == "length"
    assert message.tool_calls is None
    assert message.problem and "'f'" in message.problem
    assert message.content and '"name": "f"' in message.content
