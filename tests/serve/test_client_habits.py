"""What client libraries send beside what they mean: taken where it asks for nothing, and named where it does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.serve.conftest import Server, serving

TOOL: dict[str, Any] = {
    "name": "look",
    "parameters": {"type": "object", "properties": {"at": {"enum": ["up", "down"]}}, "required": ["at"]},
}
SCHEMA: dict[str, Any] = {"type": "object", "properties": {"sky": {"enum": ["blue", "grey"]}}, "required": ["sky"]}
FORMAT: dict[str, Any] = {"type": "json_schema", "name": "sky", "schema": SCHEMA}
ONE_CALL: dict[str, Any] = {"tool_choice": "required", "parallel_tool_calls": False}


@pytest.mark.parametrize(
    "fields",
    [{"reasoning_effort": "none"}, {"verbosity": "medium"}, {"logit_bias": {"5": None}}],
)
def test_a_chat_takes_what_asks_for_nothing(server: Server, fields: dict[str, Any]) -> None:
    assert server.chat(**fields).status_code == 200


@pytest.mark.parametrize(
    "fields",
    [
        {"reasoning": {"effort": None, "summary": None}},
        {"reasoning": {"effort": "none"}},
        {"text": {"verbosity": "medium"}},
    ],
)
def test_a_response_takes_what_asks_for_nothing(server: Server, fields: dict[str, Any]) -> None:
    body = {"input": "hello", "max_output_tokens": 2, **fields}
    assert server.http.post("/v1/responses", json=body).status_code == 200


@pytest.mark.parametrize(
    ("path", "fields", "named"),
    [
        ("chat/completions", {"reasoning_effort": "low"}, "reasoning_effort"),
        ("chat/completions", {"verbosity": "low"}, "verbosity"),
        ("responses", {"reasoning": {"effort": "low"}}, "reasoning"),
        ("responses", {"text": {"verbosity": "low"}}, "text.verbosity"),
        ("responses", {"text": {"colour": "red"}}, "text.colour"),
    ],
)
def test_what_asks_for_something_else_is_named(server: Server, path: str, fields: dict[str, Any], named: str) -> None:
    asked = {"input": "x"} if path == "responses" else {"messages": [{"role": "user", "content": "x"}]}
    response = server.http.post(f"/v1/{path}", json={**asked, **fields})
    assert response.status_code == 400
    assert response.json()["error"]["param"] == named


def test_a_call_may_carry_its_arguments_parsed(server: Server) -> None:
    function = {"name": "look", "arguments": '{"at": "up"}', "parsed_arguments": {"at": "up"}}
    call = {"id": "a", "type": "function", "index": 0, "function": function}
    absent = {"refusal": None, "audio": None, "function_call": None, "annotations": []}
    messages = [
        {"role": "user", "content": "Look."},
        {"role": "assistant", "content": None, "tool_calls": [call], **absent},
        {"role": "tool", "tool_call_id": "a", "content": "Blue."},
    ]
    assert server.chat(messages=messages).status_code == 200


@pytest.mark.parametrize("field", ["audio", "function_call", "refusal"])
def test_a_part_of_a_message_that_is_not_read_is_named(server: Server, field: str) -> None:
    response = server.chat(messages=[{"role": "assistant", "content": "x", field: {"id": "y"}}])
    assert response.status_code == 400
    assert response.json()["error"]["param"] == f"messages[0].{field}"


def test_a_call_that_must_be_made_goes_before_the_form_of_an_answer(server: Server) -> None:
    wanted = {"type": "json_schema", "json_schema": FORMAT}
    tools = [{"type": "function", "function": TOOL}]
    asked: dict[str, Any] = {"tools": tools, "response_format": wanted, "max_tokens": 200, **ONE_CALL}
    (choice,) = server.chat(**asked).json()["choices"]
    assert choice["finish_reason"] == "tool_calls"
    (choice,) = server.chat(**{**asked, "tool_choice": "none"}).json()["choices"]
    assert json.loads(choice["message"]["content"])["sky"] in ("blue", "grey")
    body = {"input": "hello", "tools": [{"type": "function", **TOOL}], "text": {"format": FORMAT}, **ONE_CALL}
    answer = server.http.post("/v1/responses", json=body).json()
    assert [item["type"] for item in answer["output"]] == ["function_call"]
    assert answer["usage"]["input_tokens_details"].keys() == {"cached_tokens", "cache_write_tokens"}


def test_a_response_whose_engine_fails_is_no_success(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    path.write_text('{"content": "one"}\n')
    with serving(f"scripted:{path}") as started:
        first, second = (started.http.post("/v1/responses", json={"input": "x"}) for _ in range(2))
        assert first.json()["status"] == "completed"
        assert (second.status_code, second.json()["error"]["code"]) == (503, "engine_error")
        assert "Retry-After" in second.headers
