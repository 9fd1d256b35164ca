"""MCP servers over stdio and HTTP, through the official package."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lamforge.errors import MissingExtraError, ServerError, UsageError
from lamforge.tools import validate_arguments
from lamforge.tools.importing import ImportOptions, import_tools
from lamforge.tools.refusal import ToolError
from lamforge.tools.remote import Auth, McpBinding, McpCommand, McpHttp, RemoteTool
from lamforge.tools.remote.mcp import McpCaller

pytest.importorskip("mcp")

SERVER = Path(__file__).with_name("notes_server.py")
HERE = Path(__file__).parent


def bound(name: str) -> RemoteTool:
    return RemoteTool(kind="write", function={"name": name}, binding=McpBinding(tool=name))


def stdio(**options: Any) -> McpCaller:
    return McpCaller(McpCommand(**{"command": sys.executable, "args": [str(SERVER)], "timeout_s": 20, **options}), HERE)


@pytest.fixture(scope="module")
def notes() -> Iterator[McpCaller]:
    caller = stdio()
    yield caller
    caller.close()


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen([sys.executable, str(SERVER), str(port)], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}/mcp"
    process.kill()
    process.wait()


def test_tools_are_imported_with_their_kinds_and_tidy_schemas() -> None:
    imported = import_tools(f"mcp:{sys.executable} {SERVER}")
    tools = {tool.name: tool for tool in imported.file.tools}
    assert {name: tool.kind for name, tool in tools.items() if tool.kind == "read"} == {
        "list_notes": "read",
        "get_note": "read",
    }
    assert tools["paint_note"].parameters == {
        "type": "object",
        "properties": {
            "note_id": {"type": "string"},
            "colour": {"type": "string", "enum": ["red", "green", "blue"]},
        },
        "required": ["note_id", "colour"],
        "additionalProperties": False,
    }
    part = {"part": {"name": "a", "parts": [{"name": "b", "parts": []}]}}
    assert validate_arguments(tools["assemble"].parameters, part) == []
    assert validate_arguments(tools["assemble"].parameters, {"part": {"parts": []}})


def test_calls_answer_with_values_or_refusals(notes: McpCaller) -> None:
    assert notes.call(bound("get_note"), {"note_id": "N2"}) == {"note_id": "N2", "text": "bread", "colour": "blue"}
    assert len(notes.call(bound("list_notes"), {})) == 10
    assert notes.call(bound("assemble"), {"part": {"name": "a", "parts": [{"name": "b"}]}}) == 2
    for name, arguments in (("get_note", {"note_id": "N99"}), ("get_note", {}), ("nothing", {})):
        with pytest.raises(ToolError) as caught:
            notes.call(bound(name), arguments)
        assert 0 < len(str(caught.value)) <= 500


def test_a_restart_brings_a_server_process_back_to_its_start(notes: McpCaller) -> None:
    notes.call(bound("delete_note"), {"note_id": "N3"})
    notes.restart()
    assert notes.call(bound("get_note"), {"note_id": "N3"})["text"] == "tea"


def test_a_server_that_dies_says_its_last_words_and_is_started_again(notes: McpCaller) -> None:
    with pytest.raises(ServerError, match="the disk is on fire"):
        notes.call(bound("misbehave"), {"how": "exit"})
    assert notes.call(bound("get_note"), {"note_id": "N1"})["text"] == "milk"


def test_a_server_that_hangs_is_given_up() -> None:
    caller = stdio(timeout_s=3)
    started = time.monotonic()
    with pytest.raises(ServerError, match=r"failed: .*[Tt]imed? ?out"):
        caller.call(bound("misbehave"), {"how": "hang"})
    assert time.monotonic() - started < 30
    caller.close()


def test_noise_on_its_stdout_is_survived(notes: McpCaller) -> None:
    assert notes.call(bound("misbehave"), {"how": "noise"}) == ""


def test_an_answer_that_is_too_large_is_refused() -> None:
    caller = stdio(max_bytes=10_000)
    with pytest.raises(ServerError, match="more than 10000 bytes"):
        caller.call(bound("misbehave"), {"how": "flood"})
    caller.close()


def test_a_server_process_gets_the_variables_that_are_named_and_no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAMFORGE_TEST_A", "1")
    monkeypatch.setenv("LAMFORGE_TEST_B", "2")
    caller = stdio(env=["LAMFORGE_TEST_B"])
    assert caller.call(bound("misbehave"), {"how": "secrets"}) == "LAMFORGE_TEST_B"
    caller.close()


@pytest.mark.parametrize("command", [["/no/such/program"], [sys.executable, "-c", "print('hello')"]])
def test_what_is_no_mcp_server_is_said_to_be_none(command: list[str]) -> None:
    caller = McpCaller(McpCommand(command=command[0], args=command[1:], timeout_s=10), HERE)
    with pytest.raises(ServerError, match="failed") as caught:
        caller.list_tools()
    assert "does it speak MCP?" in str(caught.value)


def test_over_http_the_same(url: str) -> None:
    imported = import_tools(f"mcp:{url}", ImportOptions(reads=["assemble"]))
    server = imported.file.servers["main"]
    assert isinstance(server, McpHttp) and server.private
    assert {tool.name for tool in imported.file.tools if tool.kind == "read"} == {"list_notes", "get_note", "assemble"}
    caller = McpCaller(server, HERE)
    assert caller.call(bound("get_note"), {"note_id": "N2"})["text"] == "bread"
    caller.restart()
    assert caller.call(bound("get_note"), {"note_id": "N2"})["text"] == "bread"
    caller.close()


def test_over_http_hosts_and_credentials_are_held_to(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = McpCaller(McpHttp(url=url, private=True, hosts=["example.com"], timeout_s=10), HERE)
    with pytest.raises(ServerError, match="is not allowed"):
        elsewhere.list_tools()
    public = McpCaller(McpHttp(url=url, timeout_s=10), HERE)
    with pytest.raises(ServerError, match="private address"):
        public.list_tools()
    monkeypatch.delenv("LAMFORGE_TEST_TOKEN", raising=False)
    closed = McpCaller(McpHttp(url=url, private=True, auth={"t": Auth(type="bearer", env="LAMFORGE_TEST_TOKEN")}), HERE)
    with pytest.raises(UsageError, match="LAMFORGE_TEST_TOKEN"):
        closed.list_tools()


def test_over_http_an_answer_that_repeats_the_credential_is_cleaned(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAMFORGE_TEST_TOKEN", "note_id")
    auth = {"t": Auth(type="bearer", env="LAMFORGE_TEST_TOKEN")}
    caller = McpCaller(McpHttp(url=url, private=True, auth=auth), HERE)
    assert caller.call(bound("get_note"), {"note_id": "N2"})["[secret]"] == "N2"
    caller.close()


def test_all_pages_of_a_list_of_tools_are_read(notes: McpCaller, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def page(self: McpCaller, method: str, cursor: str | None) -> Any:
        asked.append(cursor)
        return SimpleNamespace(tools=[cursor], next_cursor={None: "two", "two": "three", "three": None}[cursor])

    monkeypatch.setattr(McpCaller, "_asked", page)
    assert notes.list_tools() == asked == [None, "two", "three"]


def test_a_list_of_tools_without_end_is_given_up(notes: McpCaller, monkeypatch: pytest.MonkeyPatch) -> None:
    endless = SimpleNamespace(tools=[], next_cursor="more")
    monkeypatch.setattr(McpCaller, "_asked", lambda self, method, **_: endless)
    with pytest.raises(ServerError, match="more than 100 pages"):
        notes.list_tools()


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mcp", None)
    with pytest.raises(MissingExtraError, match="mcp") as caught:
        stdio().list_tools()
    assert "lamforge[mcp]" in str(caught.value)
