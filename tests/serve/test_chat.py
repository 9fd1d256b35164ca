"""The API's answers, from the real engine over real HTTP."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.serve.conftest import Server

SCHEMA = {"type": "object", "properties": {"at": {"type": "string", "maxLength": 6}}, "required": ["at"]}
TOOL = {"type": "function", "function": {"name": "look", "description": "Look.", "parameters": SCHEMA}}
FORCED: dict[str, Any] = {"tools": [TOOL], "tool_choice": "required", "max_tokens": 200}
ONE: dict[str, Any] = {**FORCED, "parallel_tool_calls": False}


def events(server: Server, path: str, **body: Any) -> list[dict[str, Any]]:
    with server.http.stream("POST", path, json={"stream": True, **body}) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        lines = [line.removeprefix("data: ") for line in response.iter_lines() if line.startswith("data: ")]
    return [{"done": True} if line == "[DONE]" else json.loads(line) for line in lines]


def test_an_answer_has_openais_shape(server: Server) -> None:
    answer = server.chat().json()
    assert answer["object"] == "chat.completion"
    assert answer["model"] == "tiny"
    (choice,) = answer["choices"]
    assert choice["message"]["role"] == "assistant"
    assert choice["message"]["content"]
    assert choice["finish_reason"] == "length"
    assert answer["usage"]["completion_tokens"] == 8
    assert answer["usage"]["total_tokens"] == answer["usage"]["prompt_tokens"] + 8


def test_a_required_call_is_one_and_fits_its_schema(server: Server) -> None:
    (choice,) = server.chat(**ONE).json()["choices"]
    (call,) = choice["message"]["tool_calls"]
    assert choice["finish_reason"] == "tool_calls"
    assert call["function"]["name"] == "look"
    assert len(json.loads(call["function"]["arguments"])["at"]) <= 6
    assert call["id"].startswith("call_")


def test_a_stream_joins_to_the_whole_answer(server: Server) -> None:
    whole = server.chat(**FORCED).json()["choices"][0]["message"]
    messages = [{"role": "user", "content": "hello"}]
    options = {"include_usage": True}
    found = events(server, "/v1/chat/completions", messages=messages, stream_options=options, **FORCED)
    assert found[-1] == {"done": True}
    assert found[-2]["choices"] == []
    assert found[-2]["usage"]["completion_tokens"] > 5
    deltas = [event["choices"][0]["delta"] for event in found[:-2]]
    assert deltas[0] == {"role": "assistant", "content": ""}
    pieces = [piece for delta in deltas for piece in delta.get("tool_calls", ())]
    names = [piece["function"]["name"] for piece in pieces if "name" in piece["function"]]
    assert names == [call["function"]["name"] for call in whole["tool_calls"]]
    written = "".join(piece["function"]["arguments"] for piece in pieces if piece["index"] == 0)
    assert written == whole["tool_calls"][0]["function"]["arguments"]
    assert found[-3]["choices"][0]["finish_reason"] == "tool_calls"
    assert len([piece for piece in pieces if piece["index"] == 0]) > 3  # it came piece by piece


def test_several_choices_differ_by_their_seed_and_repeat_with_it(server: Server) -> None:
    def texts() -> list[str]:
        choices = server.chat(n=3, temperature=1.5, seed=5).json()["choices"]
        assert [choice["index"] for choice in choices] == [0, 1, 2]
        return [choice["message"]["content"] for choice in choices]

    first = texts()
    assert len(set(first)) > 1
    assert texts() == first


def test_a_stop_ends_the_answer_and_is_not_in_it(server: Server) -> None:
    text = server.chat(max_tokens=40).json()["choices"][0]["message"]["content"]
    stop = text[10:13]
    (choice,) = server.chat(max_tokens=40, stop=[stop]).json()["choices"]
    assert choice["finish_reason"] == "stop"
    assert choice["message"]["content"] == text[: text.index(stop)].strip()


def test_a_response_format_is_kept(server: Server) -> None:
    schema = {
        "type": "object",
        "properties": {"n": {"type": "integer", "maximum": 99, "minimum": 0}},
        "required": ["n"],
    }
    wanted = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema, "strict": True}}
    answer = server.chat(response_format=wanted, max_tokens=60).json()["choices"][0]["message"]["content"]
    assert 0 <= json.loads(answer)["n"] <= 99


def test_a_response_format_may_refer_to_its_own_definitions(server: Server) -> None:
    inner = {"type": "object", "properties": {"n": {"type": "integer", "maximum": 9, "minimum": 0}}, "required": ["n"]}
    schema = {"type": "object", "properties": {"a": {"$ref": "#/$defs/A"}}, "required": ["a"], "$defs": {"A": inner}}
    wanted = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    answer = server.chat(response_format=wanted, max_tokens=60).json()["choices"][0]["message"]["content"]
    assert 0 <= json.loads(answer)["a"]["n"] <= 9


def test_messages_of_every_role_and_parts_of_text_are_read(server: Server) -> None:
    call = {"id": "a", "type": "function", "function": {"name": "look", "arguments": '{"at": "x"}'}}
    messages = [
        {"role": "developer", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "Look"}, {"type": "text", "text": " there."}]},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "a", "content": [{"type": "text", "text": "Nothing."}]},
    ]
    body = {"messages": messages, "tools": [TOOL], "tool_choice": "none", "max_tokens": 4}
    assert server.http.post("/v1/chat/completions", json=body).status_code == 200


def test_a_response_has_openais_items(server: Server) -> None:
    tool = {"type": "function", "name": "look", "parameters": SCHEMA}
    body = {"input": "hello", "tools": [tool], "tool_choice": "required", "max_output_tokens": 200}
    answer = server.http.post("/v1/responses", json={**body, "parallel_tool_calls": False}).json()
    (item,) = answer["output"]
    assert (answer["status"], item["type"], item["name"]) == ("completed", "function_call", "look")
    again = [
        {"role": "user", "content": "hello"},
        item,
        {"type": "function_call_output", "call_id": item["call_id"], "output": "Nothing."},
    ]
    answer = server.http.post("/v1/responses", json={"input": again, "max_output_tokens": 6}).json()
    assert answer["status"] == "incomplete"
    assert answer["incomplete_details"] == {"reason": "max_output_tokens"}
    assert answer["output"][0]["content"][0]["type"] == "output_text"
    assert answer["usage"]["output_tokens"] == 6


def test_a_responses_events_come_in_order(server: Server) -> None:
    found = events(server, "/v1/responses", input="hello", max_output_tokens=5)
    assert [event["sequence_number"] for event in found] == list(range(len(found)))
    kinds = [event["type"].removeprefix("response.") for event in found]
    assert kinds[:4] == ["created", "in_progress", "output_item.added", "content_part.added"]
    assert set(kinds[4:-4]) == {"output_text.delta"}
    assert kinds[-4:] == ["output_text.done", "content_part.done", "output_item.done", "incomplete"]
    text = "".join(event["delta"] for event in found if event["type"].endswith("text.delta"))
    assert found[-1]["response"]["output"][0]["content"][0]["text"] == text


def test_a_text_is_continued(server: Server) -> None:
    body = {"prompt": "once upon", "max_tokens": 5}
    whole = server.http.post("/v1/completions", json=body).json()
    assert whole["choices"][0]["finish_reason"] == "length"
    found = events(server, "/v1/completions", **body)
    assert "".join(event["choices"][0]["text"] for event in found[:-1]) == whole["choices"][0]["text"]


def test_models_health_and_metrics_answer(server: Server) -> None:
    assert server.http.get("/v1/models").json()["data"][0]["id"] == "tiny"
    assert server.http.get("/v1/models/tiny").json()["id"] == "tiny"
    assert server.http.get("/v1/models/other").status_code == 404
    assert server.http.get("/health").json() == {"status": "ok"}
    server.chat()
    text = server.http.get("/metrics").text
    for name in (
        "requests_total",
        "tokens_total",
        "time_to_first_token_seconds_bucket",
        "queue_length",
        "parse_failures",
    ):
        assert f"lamforge_{name}" in text
    assert 'lamforge_requests_total{path="/v1/chat/completions",status="200"}' in text


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"frequency_penalty": 1}, "frequency_penalty"),
        ({"logprobs": True}, "logprobs"),
        ({"functions": []}, "functions"),
        ({"colour": "red"}, "colour"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "pope", "content": "x"}]}, "messages[0]"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "messages[0].content[0]"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages[0].tool_call_id"),
        ({"temperature": 3}, "temperature"),
        ({"n": 0}, "n"),
        ({"stream_options": {"include_usage": "perhaps"}}, "stream_options.include_usage"),
        ({"tools": [{"type": "web_search"}]}, "tools[0].type"),
        ({"tools": [TOOL, TOOL]}, "tools[1]"),
        ({"tools": [TOOL], "tool_choice": {"type": "allowed_tools"}}, "tool_choice"),
        ({"tool_choice": "required"}, "tool_choice"),
        ({"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "jump"}}}, "tool_choice"),
        ({"response_format": {"type": "yaml"}}, "response_format"),
    ],
)
def test_what_is_wrong_or_not_supported_is_named(server: Server, fields: dict[str, Any], named: str) -> None:
    body = {"messages": [{"role": "user", "content": "x"}], **fields}
    response = server.http.post("/v1/chat/completions", json=body)
    assert response.status_code == 400
    error = response.json()["error"]
    assert error["param"].startswith(named)
    assert named.split("[")[0].split(".")[0] in error["message"]


@pytest.mark.parametrize("name", ["none", "auto", "required"])
def test_a_tool_named_like_a_tool_choice_is_called_but_never_chosen_by_its_name(server: Server, name: str) -> None:
    bare = {"name": name, "parameters": SCHEMA}
    chosen: dict[str, Any] = {"type": "function", "function": {"name": name}}
    tools = [TOOL, {"type": "function", "function": bare}]
    response = server.chat(tools=tools, tool_choice=chosen)
    assert (response.status_code, response.json()["error"]["param"]) == (400, "tools[1].function.name")
    assert server.chat(tools=tools[1:], tool_choice="required", max_tokens=200).json()["choices"][0]["message"][
        "tool_calls"
    ]
    body = {"input": "x", "tools": [{"type": "function", **bare}], "tool_choice": {"type": "function", "name": name}}
    response = server.http.post("/v1/responses", json=body)
    assert (response.status_code, response.json()["error"]["param"]) == (400, "tools[0].name")


@pytest.mark.parametrize("field", ["previous_response_id", "conversation", "background", "max_tool_calls"])
def test_a_response_that_needs_a_state_is_refused(server: Server, field: str) -> None:
    response = server.http.post("/v1/responses", json={"input": "x", field: True})
    assert response.status_code == 400
    assert response.json()["error"]["param"] == field


def test_the_schema_that_cannot_be_kept_is_named(server: Server) -> None:
    odd = {"name": "odd", "parameters": {"type": "object", "properties": {"x": {"not": {}}}}}
    response = server.chat(tools=[{"type": "function", "function": odd}])
    assert response.status_code == 400
    assert "odd" in response.json()["error"]["message"]


def test_a_conversation_that_does_not_fit_says_so(server: Server) -> None:
    for stream in (False, True):
        response = server.chat("x" * 5000, stream=stream)
        assert response.status_code == 400
        assert response.json()["error"]["code"] == "context_length_exceeded"
    assert server.http.post("/v1/responses", json={"input": "x" * 5000, "stream": True}).status_code == 400


def test_the_pages_domain_executes_calls_in_a_state_of_each_conversation(server: Server) -> None:
    first, second = (server.http.post("/page/domain", json={}).json() for _ in range(2))
    assert first["session"] != second["session"]
    assert server.http.get("/page/domain").status_code == 405  # a page of another site could ask for it with a link
    assert first["policy"]
    call = {"session": first["session"], "name": "nonsense", "arguments": {}}
    assert server.http.post("/page/call", json=call).json()["ok"] is False
    assert server.http.post("/page/call", json={**call, "session": "unknown"}).status_code == 404
