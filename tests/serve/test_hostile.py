"""Requests made to harm: refused at once, with the field that is to blame, and the server stays."""

from __future__ import annotations

import concurrent.futures
import json
import socket
import time
from typing import Any

import httpx
import pytest
from tests.serve.conftest import Server, in_thread
from tests.writing import Writer

from lamforge.serve import make_app

HELLO = [{"role": "user", "content": "hello"}]
AT_ONCE = 0.1  # seconds


def told_at_once(server: Server, path: str, body: bytes) -> httpx.Response:
    """The answer, which came at once in one of ten tries: the machine may have other things to do too."""
    for _ in range(10):
        began = time.perf_counter()
        response = server.http.post(path, content=body)
        if time.perf_counter() - began < AT_ONCE:
            return response
        time.sleep(0.2)
    raise AssertionError(f"ten times later than {AT_ONCE} seconds: {response.text[:300]}")


def _nested(levels: int) -> bytes:
    return b'{"messages": ' + b"[" * levels + b"]" * levels + b"}"


def _tools(count: int) -> bytes:
    tools = [{"type": "function", "function": {"name": f"t{n}", "parameters": {}}} for n in range(count)]
    return json.dumps({"messages": HELLO, "tools": tools}).encode()


def _with(**fields: Any) -> bytes:
    return json.dumps({"messages": HELLO, "max_tokens": 1, **fields}).encode()


def _enum(count: int) -> dict[str, Any]:
    parameters = {"type": "object", "properties": {"x": {"enum": list(range(count))}}}
    return {"type": "function", "function": {"name": "f", "parameters": parameters}}


def _pattern(pattern: str) -> dict[str, Any]:
    parameters = {"type": "object", "properties": {"x": {"type": "string", "pattern": pattern}}}
    return {"type": "function", "function": {"name": "f", "parameters": parameters}}


HOSTILE = {
    "no json": b"{",
    "no object": b"[]",
    "bad utf-8": b'{"messages": "\xff\xfe"}',
    "deep": _nested(100_000),
    "a number of many digits": b'{"messages": [], "n": ' + b"9" * 100_000 + b"}",
    "10,000 tools": _tools(10_000),
    "an enum of 100,000": _with(tools=[_enum(100_000)]),
    "a pattern that looks around": _with(tools=[_pattern("(?=a)(a+)+$")]),
    "half a surrogate": b'{"messages": [{"role": "user", "content": "x"}], "seed": "\\ud800"}',
    "100,000 messages": json.dumps({"messages": HELLO * 100_000}).encode(),
    **{
        f"{field} x 10^9": _with(**{field: 10**9})
        for field in ("max_tokens", "max_completion_tokens", "n", "temperature", "top_p")
    },
    "half a surrogate as a key": b'{"messages": [{"role": "user", "content": "x"}], "\\ud800": 1}',
    "NaN": b'{"messages": [{"role": "user", "content": "x"}], "temperature": NaN}',
    "seed x 10^30": _with(seed=10**30),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_body_is_refused_and_the_server_stays(server: Server, name: str) -> None:
    response = told_at_once(server, "/v1/chat/completions", HOSTILE[name])
    assert 400 <= response.status_code < 500
    assert response.json()["error"]["message"]
    assert server.http.get("/health").status_code == 200


def test_a_body_of_100_megabytes_is_refused_before_it_is_read(server: Server) -> None:
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as client:
        head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: {host}\r\nContent-Length: 100000000\r\n\r\n{{"
        client.sendall(head.encode())
        assert b"413" in client.recv(1000)


def _holding(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _deep(levels: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(levels):
        schema = _holding(a=schema)
    return schema


def _doubled(levels: int) -> dict[str, Any]:
    """References that stand for 2 to the power of `levels` schemas."""
    definitions = {f"d{n}": _holding(**{key: {"$ref": f"#/$defs/d{n + 1}"} for key in "ab"}) for n in range(levels)}
    return {"$ref": "#/$defs/d0", "$defs": {**definitions, f"d{levels}": {"type": "string"}}}


HOSTILE_SCHEMAS = {
    "an enum of 100,000": _holding(x={"enum": list(range(100_000))}),
    "200 levels": _deep(200),
    "references that double 40 times": _doubled(40),
    "a reference to itself": {"$ref": "#"},
    "references in a ring": {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}},
    "a reference to elsewhere": {"$ref": "http://127.0.0.1:9/schema"},
    "a pattern that looks around": _holding(x={"type": "string", "pattern": "(?=a)(a+)+$"}),
    "a pattern that grows": _holding(x={"type": "string", "pattern": "^((a{1,1000}){1,1000}){1,1000}$"}),
    "a pattern that refers back": _holding(x={"type": "string", "pattern": r"^(a+)+\1$"}),
    "what no grammar can say": _holding(x={"not": {"type": "string"}}),
    "a number of 400 digits": _holding(x={"type": "integer", "minimum": 10**400}),
    "choices that multiply": {
        "allOf": [{"anyOf": [_holding(**{f"a{n}_{m}": {"type": "string"}}) for m in range(10)]} for n in range(6)]
    },
}


@pytest.mark.parametrize("name", HOSTILE_SCHEMAS)
def test_a_hostile_schema_of_an_answer_is_refused_by_the_name_of_its_field(server: Server, name: str) -> None:
    held = {"name": "x", "schema": HOSTILE_SCHEMAS[name]}
    chat = {"messages": HELLO, "response_format": {"type": "json_schema", "json_schema": held}}
    response = {"input": "hello", "text": {"format": {"type": "json_schema", **held}}}
    for path, body, field in (
        ("/v1/chat/completions", chat, "response_format"),
        ("/v1/responses", response, "text.format"),
    ):
        for stream in (False, True):
            answer = told_at_once(server, path, json.dumps({**body, "stream": stream}).encode())
            error = answer.json()["error"]
            assert (answer.status_code, error["param"], error["code"]) == (400, field, "invalid_schema")
            assert error["message"].startswith(field)
    assert server.http.get("/health").status_code == 200


def test_too_much_to_make_a_grammar_of_is_refused(server: Server) -> None:
    parameters = _holding(x={"type": "string", "description": "x" * 250_000})
    tools: list[dict[str, Any]] = [{"name": f"f{n}", "parameters": parameters} for n in range(4)]
    held = {"name": "x", "schema": parameters}
    chat = {"messages": HELLO, "response_format": {"type": "json_schema", "json_schema": held}}
    chat["tools"] = [{"type": "function", "function": tool} for tool in tools]
    response = {"input": "hello", "text": {"format": {"type": "json_schema", **held}}}
    response["tools"] = [{"type": "function", **tool} for tool in tools]
    for path, body in (("/v1/chat/completions", chat), ("/v1/responses", response)):
        answer = told_at_once(server, path, json.dumps(body).encode())
        assert (answer.status_code, answer.json()["error"]["param"]) == (400, "tools")


def test_others_are_answered_while_tools_are_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lamforge.serve.conversation.check_tool", lambda *asked, **_: time.sleep(1.0))
    with in_thread(make_app(Writer("Hi."))) as server, concurrent.futures.ThreadPoolExecutor() as pool:
        tool = {"type": "function", "function": {"name": "f"}}
        response = {"input": "x", "tools": [{"type": "function", "name": "f"}]}
        for path, body in (("chat/completions", {"messages": HELLO, "tools": [tool]}), ("responses", response)):
            asked = pool.submit(httpx.post, f"{server.url}/v1/{path}", json=body)
            time.sleep(0.2)
            began = time.perf_counter()
            assert server.http.get("/health").status_code == 200
            assert time.perf_counter() - began < 0.5
            assert not asked.done()
            assert asked.result().status_code == 200


@pytest.mark.parametrize(
    "schema",
    [
        _holding(x={"type": "string", "pattern": "^(a+)+$"}),
        {"$ref": "#/$defs/t", "$defs": {"t": _holding(next={"anyOf": [{"type": "null"}, {"$ref": "#/$defs/t"}]})}},
    ],
)
def test_what_would_harm_others_alone_is_answered(server: Server, schema: dict[str, Any]) -> None:
    wanted = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    assert server.chat(response_format=wanted).status_code == 200
