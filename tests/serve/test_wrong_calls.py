"""Calls that are wrong: said on the call, whole and streamed alike, and taken back in the next request."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.serve.conftest import Server, Write, serving
from tests.writing import Writer

from lamforge.error_kinds import ERROR_KINDS
from lamforge.serve import make_app

PARAMETERS = {"type": "object", "properties": {"at": {"type": "string"}}, "required": ["at"]}
LOOK: dict[str, Any] = {"name": "look", "parameters": PARAMETERS}
UNKNOWN, MISSING = "unknown tool 'jump'", "missing required argument 'at' (string)"
BROKEN = "it breaks off: its arguments are no whole JSON object"
WRONG = '[{"name": "jump", "arguments": {}}, {"name": "look", "arguments": {}}]'
BROKE = 'See: [{"name": "look", "arguments": {"at": 1 oops}}] so.'
TEXTS = [WRONG, BROKE, 'Hm {"name": "look", "arguments": ["x"]}', '[{"name": "look", "arguments": {"at": "x"}}]', "Hi."]


def client(text: str, reason: str = "stop") -> Any:
    return TestClient(make_app(Writer(text, reason)), base_url="http://localhost")


def events(http: Any, path: str, body: dict[str, Any]) -> list[dict[str, Any]]:
    answer = http.post(path, json={**body, "stream": True})
    assert answer.status_code == 200, answer.text
    lines = [line.removeprefix("data: ") for line in answer.text.splitlines() if line.startswith("data: ")]
    return [json.loads(line) for line in lines if line != "[DONE]"]


def chat(http: Any, **fields: Any) -> dict[str, Any]:
    """A chat's choice, which is the same whole and streamed."""
    body = {"messages": [{"role": "user", "content": "x"}], "tools": [{"type": "function", "function": LOOK}], **fields}
    (choice,) = http.post("/v1/chat/completions", json=body).json()["choices"]
    content, calls, rest = "", {}, {}
    for chunk in events(http, "/v1/chat/completions", body):
        delta, reason = chunk["choices"][0]["delta"], chunk["choices"][0]["finish_reason"]
        content += delta.get("content") or ""
        rest |= {"problem": delta["problem"]} if "problem" in delta else {}
        for piece in delta.get("tool_calls", ()):
            call = calls.setdefault(piece["index"], {"name": "", "arguments": ""})
            call |= {"problems": piece["problems"]} if "problems" in piece else {}
            call["name"] += piece["function"].get("name", "")
            call["arguments"] += piece["function"]["arguments"]
    message = choice["message"]
    whole = [{**call["function"], **_problems(call)} for call in message.get("tool_calls", ())]
    assert (content, list(calls.values()), reason) == (message["content"] or "", whole, choice["finish_reason"])
    assert rest.get("problem") == message.get("problem")
    return dict(choice)


def _problems(item: dict[str, Any]) -> dict[str, Any]:
    return {"problems": item["problems"]} if "problems" in item else {}


def respond(http: Any, **fields: Any) -> dict[str, Any]:
    """A response, which is the same whole and streamed, and which its deltas join to."""
    body = {"input": "x", "tools": [{"type": "function", **LOOK}], **fields}
    response = http.post("/v1/responses", json=body).json()
    found = events(http, "/v1/responses", body)
    joined: dict[int, str] = {}
    for event in found:
        if event["type"].endswith(".delta"):
            joined[event["output_index"]] = joined.get(event["output_index"], "") + event["delta"]
    done = [event["item"] for event in found if event["type"] == "response.output_item.done"]
    for output in (response["output"], found[-1]["response"]["output"], done):
        assert [_text(item) for item in output] == [joined[place] for place in range(len(output))]
        assert [_facts(item) for item in output] == [_facts(item) for item in response["output"]]
    assert found[-1]["response"].get("problem") == response.get("problem")
    return dict(response)


def _text(item: dict[str, Any]) -> str:
    return str(item["arguments"] if item["type"] == "function_call" else item["content"][0]["text"])


def _facts(item: dict[str, Any]) -> tuple[Any, ...]:
    return item["type"], item.get("name"), item["status"], item.get("problems")


def test_a_chat_says_on_each_call_what_is_wrong_with_it() -> None:
    with client(WRONG) as http:
        choice = chat(http)
        assert [call["problems"] for call in choice["message"]["tool_calls"]] == [[UNKNOWN], [MISSING]]
        assert choice["finish_reason"] == "tool_calls"
        metrics = http.get("/metrics").text
        assert "lamforge_parse_failures_total 2.0" in metrics
        kinds = dict(re.findall(r'lamforge_wrong_calls_total\{kind="(\w+)"\} (\S+)', metrics))
        assert set(kinds) <= set(ERROR_KINDS)
        assert sum(map(float, kinds.values())) >= 2


def test_a_response_says_on_each_call_what_is_wrong_with_it() -> None:
    with client(WRONG) as http:
        items = respond(http)["output"]
        assert [(item["status"], item["problems"]) for item in items] == [
            ("completed", [UNKNOWN]),
            ("completed", [MISSING]),
        ]


@pytest.mark.parametrize("reason", ["stop", "length"])
@pytest.mark.parametrize("text", TEXTS)
def test_whole_and_streamed_answers_agree(text: str, reason: str) -> None:
    for end in range(1, len(text) + 1, 5 if reason == "length" else len(text)):
        with client(text[: end if reason == "length" else None], reason) as http:
            assert chat(http)["finish_reason"] in (reason, "tool_calls")
            assert respond(http)["status"] == ("completed" if reason == "stop" else "incomplete")


def test_a_call_that_breaks_off_is_incomplete_and_what_follows_stands_behind_it() -> None:
    with client(BROKE) as http:
        choice, response = chat(http), respond(http)
    (call,) = choice["message"]["tool_calls"]
    assert call["problems"] == [BROKEN]
    assert call["function"]["arguments"].startswith('{"at": 1 ')
    assert "cannot be read" in choice["message"]["problem"]
    assert choice["finish_reason"] == "stop"
    before, broken, after = response["output"]
    assert [item["status"] for item in response["output"]] == ["completed", "incomplete", "completed"]
    assert broken["problems"] == [BROKEN]
    assert _text(before) + _text(after) == choice["message"]["content"]
    assert _text(before) == "See:"
    assert _text(after).endswith("so.")
    assert response["problem"] == choice["message"]["problem"]


def test_an_answer_without_a_problem_says_nothing_of_problems() -> None:
    for text in TEXTS[-2:]:
        with client(text) as http:
            assert "problem" not in json.dumps([chat(http), respond(http)])


def test_a_call_that_broke_off_is_taken_back_as_what_was_said() -> None:
    model = Writer(BROKE)
    with TestClient(make_app(model), base_url="http://localhost") as http:
        message, output = chat(http)["message"], respond(http)["output"]
        result = {"role": "tool", "tool_call_id": message["tool_calls"][0]["id"], "content": "No."}
        asked = [{"role": "user", "content": "x"}, message, result]
        assert http.post("/v1/chat/completions", json={"messages": asked}).status_code == 200
        assert '{"name": "look", "arguments": {"at": 1' in model.prompt
        told = {"type": "function_call_output", "call_id": output[1]["call_id"], "output": "No."}
        assert http.post("/v1/responses", json={"input": [*output, told]}).status_code == 200
        assert '{"name": "look", "arguments": {"at": 1' in model.prompt


@pytest.mark.parametrize("kind", ["function_call", "function_call_output"])
@pytest.mark.parametrize("call_id", [None, "", 5])
def test_a_call_without_an_id_is_refused_by_its_place(server: Server, kind: str, call_id: Any) -> None:
    item = {"type": kind, "name": "look", "arguments": "{}", "output": "x", "call_id": call_id}
    response = server.http.post("/v1/responses", json={"input": [{"role": "user", "content": "x"}, item]})
    assert (response.status_code, response.json()["error"]["param"]) == (400, "input[1].call_id")


def test_a_strict_tool_is_kept_without_constraint() -> None:
    strict = {"type": "function", "function": {**LOOK, "strict": True}}
    model = Writer(WRONG)
    with TestClient(make_app(model), base_url="http://localhost") as http:
        http.post("/v1/chat/completions", json={"messages": [{"role": "user", "content": "x"}], "tools": [strict]})
        assert model.grammar is not None
        http.post("/v1/responses", json={"input": "x", "tools": [{"type": "function", **LOOK, "strict": True}]})
        assert not model.grammar.accepts(WRONG)
        http.post("/v1/responses", json={"input": "x", "tools": [{"type": "function", **LOOK, "strict": False}]})
        assert model.grammar is None


@pytest.mark.parametrize(
    ("strict", "answers", "status"),
    [(True, ("look", {}), 400), (True, ("look", {"at": "x"}), 200), ("yes", "Hi.", 400)],
)
def test_strict_is_kept_or_refused_by_its_place(write: Write, strict: Any, answers: Any, status: int) -> None:
    with serving(write(*[answers] * 4)) as server:
        chats = {"messages": [{"role": "user", "content": "x"}]}
        chats["tools"] = [{"type": "function", "function": {**LOOK, "strict": strict}}]
        response = {"input": "x", "tools": [{"type": "function", **LOOK, "strict": strict}]}
        for path, body, field in (
            ("chat/completions", chats, "tools[0].function.strict"),
            ("responses", response, "tools[0].strict"),
        ):
            for stream in (False, True):
                answer = server.http.post(f"/v1/{path}", json={**body, "stream": stream})
                assert answer.status_code == status
                assert status == 200 or answer.json()["error"]["param"] == field
