"""What a client is told when the engine behind the server cannot answer, and what it is not told."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import gguf
import pytest
from starlette.testclient import TestClient

from lamforge.engines import BusyError, RefusalError, ScriptedModel, open_model
from lamforge.errors import EngineError, LamforgeError, ModelError
from lamforge.serve import make_app

FAILURES = [
    (RefusalError("answered 404: no such model", where="http://inner/v1"), 400, "engine_refused"),
    (BusyError("answered 429: slowly", where="http://inner/v1", retry_after=6.5), 429, "engine_busy"),
    (EngineError("broke off\nlast words of /secret/place", where="/secret/place"), 503, "engine_error"),
    (ModelError("does not load\n/secret/log", where="/secret/place"), 503, "engine_error"),
]


class Failing(ScriptedModel):
    """Answers with an error."""

    def __init__(self, error: LamforgeError) -> None:
        super().__init__()
        self.error = error

    async def chat(self, *args: Any, **options: Any) -> AsyncGenerator[dict[str, Any], None]:  # type: ignore[override]
        raise self.error
        yield {}


@pytest.mark.parametrize(("error", "status", "code"), FAILURES)
@pytest.mark.parametrize("stream", [False, True])
def test_each_failure_has_its_status_and_keeps_the_servers_secrets(
    error: LamforgeError, status: int, code: str, stream: bool
) -> None:
    client = TestClient(make_app(Failing(error)), base_url="http://localhost")
    body = {"messages": [{"role": "user", "content": "x"}], "stream": stream}
    response = client.post("/v1/chat/completions", json=body)
    assert (response.status_code, response.json()["error"]["code"]) == (status, code)
    assert error.what.partition("\n")[0] in response.text
    assert "secret" not in response.text
    assert "inner" not in response.text
    if status == 429:
        assert response.headers["retry-after"] == "7"


@pytest.fixture
def unloadable(tmp_path: Path) -> Path:
    """A file of a sound header without the tensors that its architecture needs."""
    path = tmp_path / "empty.gguf"
    writer = gguf.GGUFWriter(str(path), "qwen2")
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def test_a_file_that_does_not_load_ends_serve_before_it_listens(unloadable: Path) -> None:
    command = [sys.executable, "-m", "lamforge", "serve", str(unloadable), "--port", "0"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == ModelError.exit_code
    assert "does not load" in done.stderr
    assert "listening" not in done.stderr
    assert "Traceback" not in done.stderr


def test_health_says_that_the_engine_does_not_start(unloadable: Path) -> None:
    model = open_model(str(unloadable))
    client = TestClient(make_app(model), base_url="http://localhost")
    assert client.get("/health").status_code == 200  # nothing is known against it yet
    assert client.post("/v1/completions", json={"prompt": "x"}).status_code == 503
    response = client.get("/health")
    assert response.status_code == 503
    assert "does not load" in json.dumps(response.json())
    assert str(unloadable.parent) not in response.text
    asyncio.run(model.aclose())
