"""The real engine in its child process, with a model of random weights."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.engines.continuing import complete
from tests.tiny_gguf import write_tiny_gguf

from lamforge.engines import ContextError, collect, open_model
from lamforge.errors import EngineError, UsageError

HELLO = [{"role": "user", "content": "hello"}]
TOOL = {"type": "function", "function": {"name": "look", "description": "", "parameters": {"type": "object"}}}


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_gguf(tmp_path_factory.mktemp("model") / "tiny.gguf")


def run(path: Path, play: Any, **options: Any) -> Any:
    """Opens the model, plays, and closes it."""

    async def whole() -> Any:
        model = open_model(str(path), **options)
        try:
            return await play(model)
        finally:
            await model.aclose()

    return asyncio.run(whole())


async def ask(model: Any, **options: Any) -> tuple[str, str, dict[str, int]]:
    message, reason, usage = await collect(model.chat(HELLO, **{"max_tokens": 24, **options}))
    return message.content or "", reason, usage


def test_greedy_answers_are_the_same_alone_again_and_in_a_crowd(path: Path) -> None:
    async def play(model: Any) -> list[str]:
        alone = [(await ask(model))[0], (await ask(model))[0]]
        crowd = await asyncio.gather(*(ask(model) for _ in range(12)))
        return alone + [text for text, _, _ in crowd]

    assert len(set(run(path, play, slots=3))) == 1


def test_sampling_follows_its_seed(path: Path) -> None:
    async def play(model: Any) -> list[str]:
        return [(await ask(model, temperature=1.0, seed=seed))[0] for seed in (1, 1, 2)]

    first, again, other = run(path, play)
    assert first == again != other


def test_the_stream_ends_with_a_reason_and_the_tokens_used(path: Path) -> None:
    _, reason, usage = run(path, lambda model: ask(model, max_tokens=7))
    assert reason == "length"
    assert usage["completion_tokens"] == 7
    assert usage["prompt_tokens"] > 100


def test_a_second_turn_reuses_the_first_ones_prompt(path: Path) -> None:
    async def play(model: Any) -> list[int]:
        system = {"role": "system", "content": "policy " * 60}
        counts = []
        for _ in range(2):
            _, _, usage = await collect(model.chat([system, *HELLO], max_tokens=2))
            counts.append(usage["prompt_tokens"] - usage["cached_tokens"])
        return counts

    cold, warm = run(path, play)
    assert cold > 400
    assert warm < cold / 10


def test_closing_the_stream_stops_the_generation(path: Path) -> None:
    async def play(model: Any) -> list[bool]:
        stream = complete(model, "x", max_tokens=1900, temperature=1.0, seed=1)
        await anext(stream)
        await stream.aclose()
        headers = {"Authorization": f"Bearer {model._process.key}"}
        for _ in range(100):
            slots = httpx.get(f"{model._process.address()}/slots", headers=headers).json()
            if not any(slot["is_processing"] for slot in slots):
                break
            await asyncio.sleep(0.02)
        return [slot["is_processing"] for slot in slots]

    assert run(path, play, slots=2) == [False, False]


def test_a_killed_engine_fails_one_request_and_comes_back(path: Path) -> None:
    async def play(model: Any) -> str:
        stream = complete(model, "x", max_tokens=1900, temperature=1.0, seed=1)
        await anext(stream)
        os.kill(model._process.pid, signal.SIGKILL)
        with pytest.raises(EngineError, match="broke off"):
            async for _ in stream:
                pass
        return (await ask(model))[1]

    assert run(path, play) == "length"


def test_an_engine_that_keeps_dying_is_given_up(path: Path) -> None:
    async def play(model: Any) -> None:
        for _ in range(6):
            await ask(model)
            os.kill(model._process.pid, signal.SIGKILL)
            model._process.settle()

    with pytest.raises(EngineError, match="died 5 times"):
        run(path, play)


def test_a_prompt_longer_than_the_context_is_its_own_error(path: Path) -> None:
    async def play(model: Any) -> None:
        await collect(model.chat([{"role": "user", "content": "x" * 4000}]))

    with pytest.raises(ContextError, match="exceeds"):
        run(path, play)


def test_the_engine_answers_nobody_without_its_key(path: Path) -> None:
    async def play(model: Any) -> int:
        await ask(model)
        return httpx.post(f"{model._process.address()}/completion", json={"prompt": "x"}).status_code

    assert run(path, play) == 401


def test_a_killed_parent_leaves_no_orphan(path: Path) -> None:
    script = (
        "import asyncio, sys, time\n"
        "from lamforge.engines import collect, open_model\n"
        "model = open_model(sys.argv[1])\n"
        "asyncio.run(collect(model.chat([{'role': 'user', 'content': 'x'}], max_tokens=2)))\n"
        "print(model._process.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    deadline = time.monotonic() + 20
    while _alive(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _alive(child)


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("choice", ["look", "required"])
def test_a_forced_choice_is_a_call_that_fits_its_schema(path: Path, choice: str) -> None:
    async def play(model: Any) -> Any:
        message, reason, _ = await collect(model.chat(HELLO, tools=[tool], tool_choice=choice, max_tokens=200))
        assert message.tool_calls is not None
        return message.tool_calls[0].function, reason

    schema = {"type": "object", "properties": {"at": {"type": "string", "maxLength": 5}}, "required": ["at"]}
    tool = {"type": "function", "function": {"name": "look", "description": "", "parameters": schema}}
    function, reason = run(path, play)
    assert (function.name, reason) == ("look", "tool_calls")
    assert len(function.arguments["at"]) <= 5  # of random weights: the grammar alone makes it so


def test_an_unknown_choice_is_refused(path: Path) -> None:
    async def play(model: Any) -> None:
        await collect(model.chat(HELLO, tools=[TOOL], tool_choice="jump"))

    with pytest.raises(UsageError, match="Use auto, none, required, or a tool: look"):
        run(path, play)
