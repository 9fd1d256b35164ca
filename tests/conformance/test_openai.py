"""OpenAI's own library: both APIs, whole and streamed, with its parsing of calls and answers."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from pydantic import BaseModel, TypeAdapter
from tests.conformance.conftest import ANSWER, CARRIED_OUT, QUESTION, REPORT, WEATHER, Replay, Report, call
from tests.conformance.wire import Wire

openai = pytest.importorskip("openai")
chat_types = pytest.importorskip("openai.types.chat")
response_types = pytest.importorskip("openai.types.responses")

pytestmark = pytest.mark.conformance


class GetWeather(BaseModel):
    """Tells the weather in a city."""

    city: Literal["Oslo", "Paris"]


ASKED: list[Any] = [{"role": "user", "content": QUESTION}]
TOOLS = [openai.pydantic_function_tool(GetWeather, name="get_weather")]
CALLED: dict[str, Any] = {"model": "any", "tools": TOOLS}
FORCED: dict[str, Any] = {**CALLED, "tool_choice": "required", "parallel_tool_calls": False}
BEGUN = ["response.created", "response.in_progress"]
CALL_EVENTS = [
    "response.output_item.added",
    "response.function_call_arguments.delta",
    "response.function_call_arguments.done",
    "response.output_item.done",
]
TEXT_EVENTS = [
    "response.output_item.added",
    "response.content_part.added",
    "response.output_text.delta",
    "response.output_text.done",
    "response.content_part.done",
    "response.output_item.done",
]


def client(wire: Wire) -> Any:
    return openai.OpenAI(base_url=wire.url, api_key="none", max_retries=0)


def tool_message(made: Any) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": made.id, "content": WEATHER}


def call_output(made: Any) -> dict[str, Any]:
    return {"type": "function_call_output", "call_id": made.call_id, "output": WEATHER}


def check_types(wire: Wire) -> None:
    """Holds every object that came against the library's own type; the library itself looks at no types."""
    for request, answer in zip(wire.requests, wire.answers(), strict=True):
        if "messages" in request:
            kind = chat_types.ChatCompletionChunk if request.get("stream") else chat_types.ChatCompletion
        else:
            kind = response_types.ResponseStreamEvent if request.get("stream") else response_types.Response
        for told in answer:
            TypeAdapter(kind).validate_python(told)


def streamed(manager: Any) -> tuple[list[Any], Any]:
    """The events of a stream, and what the library made of them."""
    with manager as stream:
        events = list(stream)
        made = stream.get_final_completion() if hasattr(stream, "get_final_completion") else stream.get_final_response()
    return events, made


def kinds(events: list[Any]) -> list[str]:
    return [event.type for event in events if event.type != "chunk"]


def test_a_chat_calls_and_answers(replay: Replay) -> None:
    wire = replay()
    chat = client(wire).chat.completions
    first = chat.parse(messages=ASKED, **CALLED)
    assert first.choices[0].finish_reason == "tool_calls"
    message = first.choices[0].message
    (made,) = message.tool_calls
    assert made.function.name == "get_weather"
    assert made.function.parsed_arguments == GetWeather(city="Oslo")
    last = chat.parse(messages=[*ASKED, message, tool_message(made)], **CALLED)
    assert wire.returned() == CARRIED_OUT
    assert last.choices[0].message.content == ANSWER
    assert last.choices[0].finish_reason == "stop"
    assert last.usage.total_tokens == last.usage.prompt_tokens + last.usage.completion_tokens
    check_types(wire)


def test_a_streamed_chat_calls_and_answers(replay: Replay) -> None:
    wire = replay()
    chat = client(wire).chat.completions
    usage = {"include_usage": True}
    events, first = streamed(chat.stream(messages=ASKED, stream_options=usage, **CALLED))
    assert kinds(events)[-2:] == ["tool_calls.function.arguments.delta", "tool_calls.function.arguments.done"]
    assert events[-2].parsed_arguments == GetWeather(city="Oslo")
    message = first.choices[0].message
    (made,) = message.tool_calls
    events, last = streamed(chat.stream(messages=[*ASKED, message, tool_message(made)], stream_options=usage, **CALLED))
    assert wire.returned() == CARRIED_OUT
    assert [event.delta for event in events if event.type == "content.delta"] == ["", ANSWER]
    assert kinds(events)[-1] == "content.done"
    assert last.choices[0].message.content == ANSWER
    assert last.usage is not None
    check_types(wire)


def test_a_response_calls_and_answers(replay: Replay) -> None:
    wire = replay()
    responses = client(wire).responses
    first = responses.parse(input=ASKED, **CALLED)
    (made,) = first.output
    assert (made.type, made.name, made.parsed_arguments) == ("function_call", "get_weather", GetWeather(city="Oslo"))
    last = responses.parse(input=[*ASKED, made, call_output(made)], **CALLED)
    assert wire.returned() == CARRIED_OUT
    assert last.output_text == ANSWER
    assert last.usage.total_tokens == last.usage.input_tokens + last.usage.output_tokens
    check_types(wire)


def test_a_streamed_response_calls_and_answers(replay: Replay) -> None:
    wire = replay()
    responses = client(wire).responses
    events, first = streamed(responses.stream(input=ASKED, **CALLED))
    assert kinds(events) == [*BEGUN, *CALL_EVENTS, "response.completed"]
    (made,) = first.output
    assert made.parsed_arguments == GetWeather(city="Oslo")
    events, last = streamed(responses.stream(input=[*ASKED, made, call_output(made)], **CALLED))
    assert kinds(events) == [*BEGUN, *TEXT_EVENTS, "response.completed"]
    assert wire.returned() == CARRIED_OUT
    assert last.output_text == ANSWER
    assert last.usage is not None
    check_types(wire)


def test_words_and_two_calls_come_in_one_answer(replay: Replay) -> None:
    both = {"content": "Let me see.", "tool_calls": [call(), call(city="Paris")]}
    wire = replay(both, {"content": ANSWER}, both, {"content": ANSWER})
    chat, responses = client(wire).chat.completions, client(wire).responses
    _, first = streamed(chat.stream(messages=ASKED, **CALLED))
    message = first.choices[0].message
    assert message.content == "Let me see."
    assert [made.function.parsed_arguments.city for made in message.tool_calls] == ["Oslo", "Paris"]
    chat.create(messages=[*ASKED, message, *map(tool_message, message.tool_calls)], **CALLED)
    assert [given.arguments["city"] for given in wire.returned(1)] == ["Oslo", "Paris"]

    events, first = streamed(responses.stream(input=ASKED, **CALLED))
    assert kinds(events) == [*BEGUN, *TEXT_EVENTS, *CALL_EVENTS, *CALL_EVENTS, "response.completed"]
    assert first.output_text == "Let me see."
    calls = first.output[1:]
    assert [made.parsed_arguments.city for made in calls] == ["Oslo", "Paris"]
    responses.parse(input=[*ASKED, *first.output, *map(call_output, calls)], **CALLED)
    assert [given.arguments["city"] for given in wire.returned(3)] == ["Oslo", "Paris"]
    check_types(wire)


def test_an_answer_is_parsed_into_the_class_that_was_asked_for(replay: Replay) -> None:
    wire = replay(*[REPORT] * 4)
    chat, responses = client(wire).chat.completions, client(wire).responses
    asked: dict[str, Any] = {"model": "any", "messages": ASKED, "response_format": Report}
    expected = Report(sky="snow", degrees=-3)
    assert chat.parse(**asked).choices[0].message.parsed == expected
    assert streamed(chat.stream(**asked))[1].choices[0].message.parsed == expected
    asked = {"model": "any", "input": ASKED, "text_format": Report}
    assert responses.parse(**asked).output_parsed == expected
    assert streamed(responses.stream(**asked))[1].output_parsed == expected
    check_types(wire)


def test_failures_are_the_librarys_own_errors(replay: Replay) -> None:
    wire = replay({"content": ANSWER})
    chat, responses = client(wire).chat.completions, client(wire).responses
    with pytest.raises(openai.BadRequestError) as refused:
        chat.create(model="any", messages=ASKED, frequency_penalty=1)
    assert (refused.value.param, refused.value.code) == ("frequency_penalty", "unsupported_parameter")
    with pytest.raises(openai.BadRequestError) as refused:
        responses.create(model="any", input=QUESTION, previous_response_id="resp_1")
    assert refused.value.param == "previous_response_id"
    chat.create(model="any", messages=ASKED)
    with pytest.raises(openai.InternalServerError, match="used up"):
        chat.create(model="any", messages=ASKED)
    with pytest.raises(openai.InternalServerError, match="used up"):
        responses.create(model="any", input=QUESTION)
    with pytest.raises(openai.InternalServerError, match="used up"):
        list(chat.create(model="any", messages=ASKED, stream=True))
    with pytest.raises(openai.InternalServerError, match="used up"):
        list(responses.create(model="any", input=QUESTION, stream=True))


def test_a_chat_with_the_real_engine_is_made_to_call_and_goes_on(noise: Wire) -> None:
    chat = client(noise).chat.completions
    _, first = streamed(chat.stream(messages=ASKED, stream_options={"include_usage": True}, **FORCED))
    assert first.choices[0].finish_reason == "tool_calls"
    message = first.choices[0].message
    (made,) = message.tool_calls
    assert isinstance(made.function.parsed_arguments, GetWeather)
    assert first.usage.completion_tokens > 0
    last = chat.create(model="any", messages=[*ASKED, message, tool_message(made)], max_completion_tokens=20)
    ((name, arguments, result),) = noise.returned()
    assert (name, arguments, result) == ("get_weather", made.function.parsed_arguments.model_dump(), WEATHER)
    assert last.choices[0].finish_reason == "length"
    assert last.choices[0].message.content
    assert last.usage.completion_tokens == 20
    check_types(noise)


def test_a_response_of_the_real_engine_is_made_to_call_and_goes_on(noise: Wire) -> None:
    responses = client(noise).responses
    events, first = streamed(responses.stream(input=ASKED, **FORCED))
    (made,) = first.output
    pieces = [event for event in events if event.type == "response.function_call_arguments.delta"]
    assert len(pieces) > 1
    assert "".join(piece.delta for piece in pieces) == made.arguments
    assert isinstance(made.parsed_arguments, GetWeather)
    assert first.usage.output_tokens > 0
    last = responses.create(model="any", input=[*ASKED, made, call_output(made)], max_output_tokens=20)
    assert noise.returned()[0].result == WEATHER
    assert (last.status, last.incomplete_details.reason) == ("incomplete", "max_output_tokens")
    assert last.output_text
    assert last.usage.output_tokens == 20
    check_types(noise)


def test_the_real_engine_writes_what_is_parsed(noise: Wire) -> None:
    found = client(noise).chat.completions.parse(model="any", messages=ASKED, response_format=Report)
    assert isinstance(found.choices[0].message.parsed, Report)
    found = client(noise).responses.parse(model="any", input=ASKED, text_format=Report)
    assert isinstance(found.output_parsed, Report)
