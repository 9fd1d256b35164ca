"""Supervision of the engine's child process, and the exactness of what is sent to it."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from pathlib import Path
from typing import Any

import gguf
import pytest
from tests.engines.continuing import complete
from tests.tiny_gguf import write_tiny_gguf

from lamforge.engines import collect, completion, open_model
from lamforge.errors import EngineError, ModelError, UsageError

HELLO = [{"role": "user", "content": "hello"}]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_gguf(tmp_path_factory.mktemp("model") / "tiny.gguf")


def run(path: Path, play: Any, **options: Any) -> Any:
    async def whole() -> Any:
        model = open_model(str(path), **options)
        try:
            return await play(model)
        finally:
            await model.aclose()

    return asyncio.run(whole())


async def text_of(stream: Any) -> str:
    return "".join([piece async for piece in stream])


async def long(model: Any, tokens: int = 2000) -> None:
    """The model never ends by itself, so this takes long enough to be interrupted."""
    await text_of(complete(model, "x", max_tokens=tokens, temperature=1.0, seed=1))


@pytest.mark.parametrize("tokenized", [False, True])
def test_a_hung_engine_is_ended_and_the_next_request_gets_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tokenized: bool
) -> None:
    monkeypatch.setattr(completion, "_SILENCE", 1.0)

    async def play(model: Any) -> str:
        await text_of(complete(model, "x", max_tokens=2))
        os.kill(model._process.pid, signal.SIGSTOP)
        with pytest.raises(EngineError, match="no sign of life"):
            await text_of(complete(model, "x", max_tokens=2))
        return await text_of(complete(model, "x", max_tokens=4))

    path = write_tiny_gguf(tmp_path / "tiny.gguf", add_bos=tokenized)  # then it is asked for the tokens first
    assert len(run(path, play)) == 4


def test_an_engine_whose_answer_nobody_reads_is_not_hung(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(completion, "_SILENCE", 0.25)

    async def play(model: Any) -> tuple[int, int]:
        slow = complete(model, "x", max_tokens=400, temperature=1.0, seed=1)
        await anext(slow)
        before = model._process.pid
        await asyncio.sleep(1)
        assert len(await text_of(slow)) > 100
        return before, model._process.pid

    before, after = run(path, play)
    assert before == after


def test_a_request_that_has_no_answer_yet_survives_the_engine(path: Path) -> None:
    async def play(model: Any) -> list[str]:
        await text_of(complete(model, "x", max_tokens=2))
        running = complete(model, "x", max_tokens=1900, temperature=1.0, seed=1)
        await anext(running)
        waiting = [asyncio.create_task(text_of(complete(model, "y", max_tokens=4))) for _ in range(3)]
        await asyncio.sleep(0.05)
        os.kill(model._process.pid, signal.SIGKILL)
        with pytest.raises(EngineError, match="broke off"):
            await text_of(running)
        return await asyncio.gather(*waiting)

    assert [len(text) for text in run(path, play, slots=1)] == [4, 4, 4]


def test_requests_that_wait_for_a_slot_do_not_count_as_hung(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(completion, "_SILENCE", 0.25)

    async def play(model: Any) -> float:
        started = time.monotonic()
        await asyncio.gather(*(long(model, 400) for _ in range(6)))
        return time.monotonic() - started

    assert run(path, play, slots=1) > 0.25


def test_a_cancelled_task_frees_its_slot(path: Path) -> None:
    async def play(model: Any) -> tuple[float, float]:
        await text_of(complete(model, "x", max_tokens=2))
        started = time.monotonic()
        await long(model)
        whole = time.monotonic() - started
        tasks = [asyncio.create_task(long(model)) for _ in range(8)]
        await asyncio.sleep(whole / 10)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        started = time.monotonic()
        await text_of(complete(model, "y", max_tokens=2))
        return whole, time.monotonic() - started

    whole, after = run(path, play, slots=1)
    assert after < whole


def test_a_closed_model_stays_closed(path: Path) -> None:
    async def play() -> None:
        model = open_model(str(path))
        await collect(model.chat(HELLO, max_tokens=2))
        child = model._process.pid
        await model.aclose()
        assert model._process.pid is None
        assert not Path(f"/proc/{child}").exists()
        await collect(model.chat(HELLO, max_tokens=2))

    with pytest.raises(EngineError, match="closed"):
        asyncio.run(play())


def test_closing_ends_a_child_that_still_starts(path: Path) -> None:
    async def play() -> float:
        model = open_model(str(path))
        asking = asyncio.create_task(collect(model.chat(HELLO)))
        while model._process.pid is None:
            await asyncio.sleep(0.001)
        started = time.monotonic()
        await model.aclose()
        with pytest.raises(EngineError):
            await asking
        assert model._process.pid is None
        return time.monotonic() - started

    assert asyncio.run(play()) < 10


def test_one_model_serves_several_event_loops(path: Path) -> None:
    model = open_model(str(path))
    answers = {asyncio.run(text_of(complete(model, "x", max_tokens=5))) for _ in range(2)}
    asyncio.run(model.aclose())
    assert len(answers) == 1


def test_a_sound_file_that_llama_cpp_cannot_load_is_a_model_error(tmp_path: Path) -> None:
    path = tmp_path / "empty.gguf"
    writer = gguf.GGUFWriter(str(path), "qwen2")
    writer.add_name("no weights")
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    with pytest.raises(ModelError, match=r"empty\.gguf.*does not load") as caught:
        run(path, lambda model: collect(model.chat(HELLO)))
    assert "Traceback" not in str(caught.value)


@pytest.mark.parametrize("add_bos", [False, True])
def test_no_token_is_added_to_the_rendered_prompt(tmp_path: Path, add_bos: bool) -> None:
    path = write_tiny_gguf(tmp_path / "tiny.gguf", add_bos=add_bos)

    async def play(model: Any) -> tuple[int, int]:
        prompt = model.format.render([{"role": "user", "content": "héllo <|im_end|"}], add_generation_prompt=True)
        for token in model.format.special_tokens:
            prompt = prompt.replace(token, "\0")  # one token each, like every other byte
        _, _, usage = await collect(model.chat([{"role": "user", "content": "héllo <|im_end|"}], max_tokens=2))
        return usage["prompt_tokens"], len(prompt.encode())

    counted, expected = run(path, play)
    assert counted == expected


def test_the_greedy_tokens_are_the_streamed_text(path: Path) -> None:
    async def play(model: Any) -> tuple[list[int], str]:
        return await model.greedy_tokens("x", 30), await text_of(complete(model, "x", max_tokens=30))

    tokens, text = run(path, play)
    assert bytes(tokens).decode() == text  # the vocabulary begins with the 256 bytes


def test_generation_ends_before_a_stop_text(path: Path) -> None:
    async def play(model: Any) -> tuple[str, str]:
        whole = await text_of(complete(model, "x", max_tokens=30))
        return whole, await text_of(complete(model, "x", max_tokens=30, stop=(whole[10:12],)))

    whole, stopped = run(path, play)
    assert stopped == whole[: whole.index(whole[10:12])]


def test_half_a_surrogate_pair_in_a_message_is_no_crash(path: Path) -> None:
    _, reason, _ = run(path, lambda m: collect(m.chat([{"role": "user", "content": "\ud83d"}], max_tokens=2)))
    assert reason == "length"


def test_options_that_are_no_positive_numbers_are_refused(path: Path) -> None:
    with pytest.raises(UsageError, match="slots must be at least 1"):
        open_model(str(path), slots=0)


def test_a_context_beyond_the_models_own_is_noted(path: Path) -> None:
    assert any("2048" in note for note in open_model(str(path), context=4096).notes)
    assert open_model(str(path)).notes == []
