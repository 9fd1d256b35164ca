"""Engines that die, clients that leave, crowds, hostile bodies: the server stays and says what happened."""

from __future__ import annotations

import concurrent.futures
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.serve.conftest import LIBRARY, Server, serving, wait_until

LONG: dict[str, Any] = {"max_tokens": 1800, "temperature": 1.0, "seed": 1}
HELLO = [{"role": "user", "content": "hello"}]
STREAM: dict[str, Any] = {"messages": HELLO, "stream": True, **LONG}


def lines_of(response: httpx.Response) -> list[str]:
    return [line for line in response.iter_lines() if line.startswith("data: ")]


@pytest.mark.parametrize("harm", [signal.SIGKILL, signal.SIGSEGV])
def test_an_engine_that_dies_ends_one_stream_with_an_error_and_the_next_request_finds_another(
    tiny: Path, harm: signal.Signals
) -> None:
    with serving(tiny, "--slots", 1) as server:
        with server.http.stream(
            "POST", "/v1/chat/completions", json={"messages": HELLO, "stream": True, **LONG}
        ) as got:
            lines = got.iter_lines()
            while '"content":"' not in next(lines).replace('"content":""', ""):
                pass
            with concurrent.futures.ThreadPoolExecutor() as pool:
                waiting = pool.submit(server.chat)  # has no slot yet
                time.sleep(0.2)
                os.kill(server.engine_pid(), harm)
                rest = [line for line in lines if line.startswith("data: ")]
                assert json.loads(rest[-1].removeprefix("data: "))["error"]["code"] == "engine_error"
                assert waiting.result().status_code == 200
        assert server.chat().status_code == 200


def test_a_response_whose_engine_dies_fails_with_its_own_event(tiny: Path) -> None:
    with serving(tiny) as server:
        body = {"input": "hello", "stream": True, "max_output_tokens": 1800, "temperature": 1.0}
        with server.http.stream("POST", "/v1/responses", json=body) as got:
            lines = got.iter_lines()
            while "output_text.delta" not in next(lines):
                pass
            os.kill(server.engine_pid(), signal.SIGKILL)
            last = [line for line in lines if line.startswith("data: ")][-1]
        assert json.loads(last.removeprefix("data: "))["type"] == "response.failed"


@pytest.mark.parametrize("stream", [True, False])
def test_a_client_that_leaves_frees_its_slot(tiny: Path, stream: bool) -> None:
    with serving(tiny, "--slots", 1) as server:
        server.chat()
        host, port = server.url.removeprefix("http://").split(":")
        body = json.dumps({"messages": HELLO, "stream": stream, **LONG}).encode()
        head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}\r\n\r\n"
        with socket.create_connection((host, int(port))) as leaving:
            leaving.sendall(head.encode() + body)
            time.sleep(0.3)
        started = time.monotonic()
        assert server.chat(max_tokens=1).status_code == 200
        waited = time.monotonic() - started
        started = time.monotonic()
        server.http.post("/v1/chat/completions", json={"messages": HELLO, **LONG})
        assert waited < max(0.5, (time.monotonic() - started) / 2)  # it did not wait for the other answer's end


def test_a_crowd_is_served_whole_or_told_to_come_back(tiny: Path) -> None:
    with serving(tiny, "--slots", 2, "--queue", 30) as server, concurrent.futures.ThreadPoolExecutor(64) as pool:
        server.chat()
        answers = list(pool.map(lambda number: server.chat(f"client {number}", max_tokens=30), range(64)))
        statuses = [answer.status_code for answer in answers]
        assert set(statuses) <= {200, 429}
        assert statuses.count(200) >= 32
        for answer in answers:
            if answer.status_code == 429:
                assert int(answer.headers["retry-after"]) >= 1
                assert answer.json()["error"]["type"] == "rate_limit_error"
        assert server.chat().status_code == 200


def test_a_crowd_that_fits_the_queue_is_served_first_come_first_served(server: Server) -> None:
    ended: list[int] = []

    def ask(number: int) -> int:
        time.sleep(number * 0.03)
        status = server.chat(f"client {number}", max_tokens=60).status_code
        ended.append(number)
        return status

    with concurrent.futures.ThreadPoolExecutor(64) as pool:
        assert set(pool.map(ask, range(64))) == {200}
    assert all(abs(place - number) <= 6 for place, number in enumerate(ended))


def test_sigterm_lets_answers_end_and_takes_no_more(tiny: Path) -> None:
    with serving(tiny, "--slots", 1) as server:
        with server.http.stream(
            "POST", "/v1/chat/completions", json={"messages": HELLO, "stream": True, **LONG}
        ) as got:
            lines = got.iter_lines()
            next(lines)
            server.process.send_signal(signal.SIGTERM)
            assert [line for line in lines if line.startswith("data: ")][-1] == "data: [DONE]"
        server.process.wait(timeout=20)
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{server.url}/health")


def test_the_engine_ends_with_the_server_even_when_that_is_killed(tiny: Path) -> None:
    with serving(tiny) as server:
        server.chat()
        engine = server.engine_pid()
        server.process.kill()
        assert wait_until(lambda: not Path(f"/proc/{engine}").exists() or "zombie" in _status(engine))


def _status(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return "zombie"


def test_a_key_is_needed_where_one_is_set(tiny: Path) -> None:
    with serving("scripted", "--api-key", "söcret") as server:
        assert server.chat().status_code == 401
        for wrong in ("Bearer nope", "Basic söcret".encode(), "söcret".encode(), b"Bearer \xff"):
            assert server.http.get("/v1/models", headers={"Authorization": wrong}).status_code == 401
        right = {"Authorization": "Bearer söcret".encode()}
        assert server.http.get("/v1/models", headers=right).status_code == 200
        assert server.http.post("/page/domain", json={}).status_code == 401
        assert server.http.get("/health").status_code == 200
        assert server.http.get("/").status_code == 200


def test_another_host_makes_up_a_key_and_prints_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAMFORGE_API_KEY", "")  # not set, as shells see it
    with serving("scripted", "--host", "0.0.0.0") as server:
        (key,) = [line.removeprefix("key: ").strip() for line in server.printed if line.startswith("key: ")]
        url = server.url.replace("0.0.0.0", "127.0.0.1")
        assert httpx.get(f"{url}/v1/models").status_code == 401
        assert httpx.get(f"{url}/v1/models", headers={"Authorization": f"Bearer {key}"}).status_code == 200


@pytest.mark.parametrize("key", ["", " "])
def test_an_empty_key_is_refused(key: str) -> None:
    command = [sys.executable, "-m", "lamforge", "serve", "scripted", "--host", "0.0.0.0", "--api-key", key]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert "--api-key is empty" in done.stderr


def test_only_known_names_and_known_pages_reach_it() -> None:
    with serving("scripted", "--allow-host", "model.lan", "--allow-origin", "https://page.example") as server:
        assert server.http.get("/health", headers={"Host": "evil.example"}).status_code == 421
        assert server.http.get("/health", headers={"Host": "model.lan:99"}).status_code == 200
        page = "https://page.example"
        for origin, allowed, status in ((page, page, 200), ("https://evil.example", None, 403)):
            response = server.http.get("/v1/models", headers={"Origin": origin})
            assert response.headers.get("access-control-allow-origin") == allowed
            assert response.status_code == status
        assert server.http.get("/v1/models", headers={"Origin": server.url}).status_code == 200
        assert server.http.get("/v1/models", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
        assert server.http.get("/health", headers={"Host": "127.0.0.1:8000/?"}).status_code == 421
    with serving("scripted", "--domain", LIBRARY) as server:
        response = server.http.get("/", headers={"Origin": "https://page.example"})
        assert "access-control-allow-origin" not in response.headers
        assert "default-src 'none'" in response.headers["content-security-policy"]


def test_a_port_that_is_taken_is_said(server: Server) -> None:
    port = server.url.rpartition(":")[2]
    command = [sys.executable, "-m", "lamforge", "serve", "scripted", "--port", port]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 8
    assert "Traceback" not in done.stderr
    assert port in done.stderr


def test_pieces_are_sent_at_once() -> None:
    from lamforge.cli.serve import listen

    with listen("127.0.0.1", 0) as listening:
        assert listening.proto == socket.IPPROTO_TCP  # what asyncio wants to see before it turns off Nagle's waiting


def test_clients_that_break_off_in_mid_answer_leave_the_server_standing(tiny: Path) -> None:
    with serving(tiny, "--slots", 2) as server:
        host, port = server.url.removeprefix("http://").split(":")
        body = json.dumps(STREAM).encode()
        head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}\r\n\r\n"
        for _ in range(40):
            with socket.create_connection((host, int(port))) as leaving:
                leaving.sendall(head.encode() + body)
                leaving.recv(200)
        assert server.process.poll() is None
        assert server.chat().status_code == 200
