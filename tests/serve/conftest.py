from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from tests.tiny_gguf import write_tiny_gguf

LIBRARY = Path(__file__).parents[1] / "library"
WEATHER = {"name": "weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}

Write = Callable[..., str]


class Server:
    """`lamforge serve` in a process of its own."""

    def __init__(self, process: Any, url: str, printed: list[str]) -> None:
        self.process = process
        self.url = url
        self.printed = printed
        self.http = httpx.Client(base_url=url, timeout=60)

    def chat(self, words: str = "hello", **fields: object) -> httpx.Response:
        body = {"messages": [{"role": "user", "content": words}], "max_tokens": 8, **fields}
        return self.http.post("/v1/chat/completions", json=body)

    def engine_pid(self) -> int:
        """The process id of llama.cpp, the server's only child."""
        listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(self.process.pid)], capture_output=True, text=True)
        pids = [int(word) for word in listed.stdout.split()]
        assert len(pids) == 1
        return pids[0]


@contextmanager
def serving(model: object, *words: object) -> Iterator[Server]:
    """Starts a server and ends it."""
    command = [sys.executable, "-m", "lamforge", "serve", str(model), "--port", "0", *map(str, words)]
    environment = {**os.environ, "COLUMNS": "200", "NO_COLOR": "1"}
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
    assert process.stderr is not None
    printed: list[str] = []
    try:
        while not (found := re.search(r"http://\S+:\d+", printed[-1] if printed else "")):
            line = process.stderr.readline()
            assert line, "".join(printed)
            printed.append(line)
        yield Server(process, found.group(), printed)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=40)


@contextmanager
def in_thread(app: Any) -> Iterator[Server]:
    """Serves an application of the test's own making."""
    config = uvicorn.Config(app, port=0, log_level="warning")
    running = uvicorn.Server(config)
    listening = config.bind_socket()
    thread = threading.Thread(target=running.run, args=([listening],), daemon=True)
    thread.start()
    try:
        assert wait_until(lambda: running.started)
        yield Server(None, f"http://127.0.0.1:{listening.getsockname()[1]}", [])
    finally:
        running.should_exit = True
        thread.join()


def wait_until(true: object, seconds: float = 20.0) -> bool:
    """Whether `true()` becomes so in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():  # type: ignore[operator]
            return True
        time.sleep(0.02)
    return False


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_gguf(tmp_path_factory.mktemp("model") / "tiny.gguf")


@pytest.fixture(scope="session")
def server(tiny: Path) -> Iterator[Server]:
    """A server over the tiny model with two slots and the library's tools on its page."""
    with serving(tiny, "--slots", 2, "--queue", 100, "--domain", LIBRARY) as started:
        yield started


@pytest.fixture(scope="session")
def talker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose answers take many seconds, one at a time."""
    model = write_tiny_gguf(tmp_path_factory.mktemp("model") / "tiny.gguf", context=16384)
    with serving(model, "--slots", 1, "--max-tokens", 15_000) as started:
        yield started


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes the answers of a scripted model: texts, or (tool, arguments) calls."""

    def written(*answers: str | tuple[str, dict[str, Any]] | list[tuple[str, dict[str, Any]]]) -> str:
        lines = []
        for answer in answers:
            if isinstance(answer, str):
                lines.append({"content": answer})
                continue
            calls = answer if isinstance(answer, list) else [answer]
            functions = [{"name": name, "arguments": json.dumps(arguments)} for name, arguments in calls]
            lines.append({"tool_calls": [{"function": function} for function in functions]})
        file = tmp_path / "answers.jsonl"
        file.write_text("\n".join(json.dumps(line) for line in lines))
        return f"scripted:{file}"

    return written


@pytest.fixture(scope="session")
def driver() -> Iterator[Any]:
    """A browser, where there is one."""
    from tests.serve.browser import CHROMIUM, DRIVER, chromium

    if not (CHROMIUM and DRIVER):
        pytest.skip("chromium and chromedriver are not installed (Debian: chromium, chromium-driver)")
    started = chromium()
    yield started
    started.quit()


@pytest.fixture
def page(driver: Any) -> Iterator[Any]:
    """The page in the browser; whatever a test does, its console stays empty unless the test reads it."""
    from tests.serve.browser import Page

    made = Page(driver)
    yield made
    assert made.complaints() == []
    driver.get("about:blank")
