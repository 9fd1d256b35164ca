"""What this server says of wrong calls beside OpenAI's fields: its library takes it and lets it be read."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.conformance.conftest import Replay, call

pytest.importorskip("openai")

from tests.conformance.test_openai import (  # needs the library itself
    ASKED,
    GetWeather,
    call_output,
    check_types,
    client,
    openai,
    streamed,
    tool_message,
)
from tests.writing import Writer

from lamforge.serve import make_app

pytestmark = pytest.mark.conformance

PARAMETERS = GetWeather.model_json_schema()
WRONG = {"tool_calls": [call("jump"), call(city="Rome"), call()]}
PROBLEMS = [
    ["unknown tool 'jump'"],
    ["argument 'city' must be one of 'Oslo', 'Paris'; got 'Rome'"],
    None,
]


def problems(calls: list[Any]) -> list[Any]:
    return [(made.model_extra or {}).get("problems") for made in calls]


def test_a_chats_calls_say_what_is_wrong_with_them(replay: Replay) -> None:
    wire = replay(*[WRONG] * 3, {"content": "Oh."})
    chat = client(wire).chat.completions
    asked: dict[str, Any] = {"model": "any", "messages": ASKED}
    asked["tools"] = [{"type": "function", "function": {"name": "get_weather", "parameters": PARAMETERS}}]
    assert problems(chat.create(**asked).choices[0].message.tool_calls) == PROBLEMS
    pieces = [chunk.choices[0].delta.tool_calls for chunk in chat.create(stream=True, **asked)]
    told = [problem for piece in pieces if piece for problem in problems(piece) if problem]
    assert told == PROBLEMS[:2]
    events, whole = streamed(chat.stream(**asked))
    message = whole.choices[0].message
    assert problems(message.tool_calls) == PROBLEMS
    assert [event.name for event in events if event.type.endswith("arguments.done")] == [
        made.function.name for made in message.tool_calls
    ]
    again = [*ASKED, message, *map(tool_message, message.tool_calls)]
    assert chat.create(**{**asked, "messages": again}).choices[0].message.content == "Oh."
    check_types(wire)


def test_a_responses_calls_say_what_is_wrong_with_them(replay: Replay) -> None:
    wire = replay(*[WRONG] * 2, {"content": "Oh."})
    responses = client(wire).responses
    tool = {"type": "function", "name": "get_weather", "parameters": PARAMETERS, "strict": False}
    asked: dict[str, Any] = {"model": "any", "input": ASKED, "tools": [tool]}
    assert problems(responses.create(**asked).output) == PROBLEMS
    events, whole = streamed(responses.stream(**asked))
    assert problems(whole.output) == PROBLEMS
    assert problems([event.item for event in events if event.type == "response.output_item.done"]) == PROBLEMS
    again = [*ASKED, *whole.output, *map(call_output, whole.output)]
    assert responses.create(**{**asked, "input": again}).output_text == "Oh."
    check_types(wire)


def test_a_call_that_breaks_off_says_so() -> None:
    model = Writer('See: [{"name": "look", "arguments": {"at": 1 oops}}]')
    with TestClient(make_app(model), base_url="http://localhost") as http:
        library = openai.OpenAI(base_url="http://localhost/v1", api_key="none", http_client=http)
        asked: dict[str, Any] = {"model": "any", "messages": ASKED}
        asked["tools"] = [{"type": "function", "function": {"name": "look", "parameters": {}}}]
        whole = library.chat.completions.create(**asked)
        _, joined = streamed(library.chat.completions.stream(**asked))
        for answer in (whole, joined):
            message = answer.choices[0].message
            assert problems(message.tool_calls) == [["it breaks off: its arguments are no whole JSON object"]]
            assert "cannot be read" in message.model_extra["problem"]
        tool = {"type": "function", "name": "look", "parameters": {}}
        _, response = streamed(library.responses.stream(model="any", input="x", tools=[tool]))
        assert [item.status for item in response.output] == ["completed", "incomplete", "completed"]
        assert "cannot be read" in response.model_extra["problem"]
