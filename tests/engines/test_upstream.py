"""Another server's completions under our format, grammar and parser: here llama.cpp's own server."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.tiny_gguf import write_tiny_gguf

from lamforge.engines import ContextError, collect, open_model
from lamforge.engines.process import LlamaProcess
from lamforge.errors import EngineError, UsageError

HELLO = [{"role": "user", "content": "hello"}]
SCHEMA = {"type": "object", "properties": {"at": {"type": "string", "maxLength": 5}}, "required": ["at"]}
TOOL = {"type": "function", "function": {"name": "look", "description": "", "parameters": SCHEMA}}


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_gguf(tmp_path_factory.mktemp("model") / "tiny.gguf")


@pytest.fixture(scope="module")
def url(path: Path) -> Iterator[str]:
    process = LlamaProcess(path, context=2048, slots=1, threads=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_API_KEY", process.key)
        yield f"{process.address()}/v1"
    process.close()


def ask(spec: str, format: str | None = "xlam-qwen/always", **options: Any) -> Any:
    async def whole() -> Any:
        model = open_model(spec, format=format)
        try:
            return await collect(model.chat(**{"messages": HELLO, "max_tokens": 24, **options}))
        finally:
            await model.aclose()

    return asyncio.run(whole())


def test_it_says_what_the_same_file_says_here(url: str, path: Path) -> None:
    there, reason, usage = ask(url)
    here, _, counted = ask(str(path))
    assert there.content == here.content
    assert reason == "length"
    assert usage["prompt_tokens"] == counted["prompt_tokens"]


def test_a_required_call_fits_its_schema(url: str) -> None:
    message, reason, _ = ask(url, tools=[TOOL], tool_choice="required", parallel_tool_calls=False, max_tokens=200)
    (call,) = message.tool_calls
    assert reason == "tool_calls"
    assert call.function.name == "look"
    assert len(call.function.arguments["at"]) <= 5


def test_a_conversation_that_does_not_fit_is_a_context_error(url: str) -> None:
    async def whole() -> None:
        model = open_model(url, format="xlam-qwen/hf")
        await collect(model.chat([{"role": "user", "content": "x" * 9000}]))

    with pytest.raises(ContextError):
        asyncio.run(whole())


@pytest.mark.parametrize("words", ["hello", "cafe\u0301", "half \ud83d a pair"])
def test_its_tokens_are_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str) -> None:
    """Though the file adds a token to every text, and llama.cpp does not compose letters and accents."""
    path = write_tiny_gguf(tmp_path / "tiny.gguf", add_bos=True)
    process = LlamaProcess(path, context=2048, slots=1, threads=1)
    monkeypatch.setenv("OPENAI_API_KEY", process.key)
    try:
        for model in ("", "#model=any"):
            _, _, there = ask(f"{process.address()}/v1{model}", messages=[{"role": "user", "content": words}])
            _, _, here = ask(str(path), messages=[{"role": "user", "content": words}])
            assert there["prompt_tokens"] == here["prompt_tokens"]
    finally:
        process.close()


def test_a_password_in_a_url_is_refused_and_not_shown() -> None:
    for url in ("http://me:secret@127.0.0.1/v1", "http://127.0.0.1/v1?key=secret"):
        with pytest.raises(UsageError, match="OPENAI_API_KEY") as caught:
            open_model(url, format="xlam-qwen/hf")
        assert "secret" not in str(caught.value)


def test_nobody_there_is_an_engine_error() -> None:
    with pytest.raises(EngineError, match="cannot be reached"):
        ask("http://127.0.0.1:9/v1")
