"""LangChain's ChatOpenAI over both APIs."""

from __future__ import annotations

from functools import reduce
from operator import add
from typing import Any

import pytest
from tests.conformance.conftest import ANSWER, CARRIED_OUT, QUESTION, WEATHER, Replay, Report, call, get_weather
from tests.conformance.wire import Wire

langchain_openai = pytest.importorskip("langchain_openai")
messages = pytest.importorskip("langchain_core.messages")
tools = pytest.importorskip("langchain_core.tools")

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.parametrize("responses", [False, True], ids=["chat", "responses"]),
]
streaming = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])


def chat_model(wire: Wire, responses: bool, **settings: Any) -> Any:
    return langchain_openai.ChatOpenAI(
        model="any",
        base_url=wire.url,
        api_key="none",
        max_retries=0,
        stream_usage=True,
        use_responses_api=responses,
        **settings,
    )


def ask(model: Any, said: list[Any], stream: bool) -> Any:
    return reduce(add, model.stream(said)) if stream else model.invoke(said)


@streaming
def test_a_model_with_tools_calls_and_answers(replay: Replay, responses: bool, stream: bool) -> None:
    wire = replay()
    tool = tools.tool(get_weather)
    model = chat_model(wire, responses).bind_tools([tool])
    said = [messages.SystemMessage("Be brief."), messages.HumanMessage(QUESTION)]
    said.append(ask(model, said, stream))
    (made,) = said[-1].tool_calls
    assert (made["name"], made["args"]) == ("get_weather", {"city": "Oslo"})
    said.append(tool.invoke(made))
    assert (said[-1].content, said[-1].tool_call_id) == (WEATHER, made["id"])
    said.append(ask(model, said, stream))
    assert wire.returned() == CARRIED_OUT
    assert said[-1].text == ANSWER
    assert set(said[-1].usage_metadata) >= {"input_tokens", "output_tokens", "total_tokens"}


@streaming
def test_two_calls_of_one_message_are_both_answered(replay: Replay, responses: bool, stream: bool) -> None:
    wire = replay({"tool_calls": [call(), call(city="Paris")]}, {"content": ANSWER}, {"content": "Goodbye."})
    tool = tools.tool(get_weather)
    model = chat_model(wire, responses).bind_tools([tool])
    said = [messages.HumanMessage(QUESTION)]
    said.append(ask(model, said, stream))
    said += [tool.invoke(made) for made in said[-1].tool_calls]
    said.append(ask(model, said, stream))
    assert [given.arguments["city"] for given in wire.returned()] == ["Oslo", "Paris"]
    said.append(messages.HumanMessage("Thanks."))
    assert ask(model, said, stream).text == "Goodbye."


@streaming
def test_the_real_engine_is_made_to_call_and_goes_on(noise: Wire, responses: bool, stream: bool) -> None:
    tool = tools.tool(get_weather)
    model = chat_model(noise, responses, temperature=0)
    forced = model.bind_tools([tool], tool_choice="any", strict=True, parallel_tool_calls=False)
    said = [messages.HumanMessage(QUESTION)]
    said.append(ask(forced, said, stream))
    (made,) = said[-1].tool_calls
    assert made["name"] == "get_weather"
    assert said[-1].usage_metadata["output_tokens"] > 10
    said.append(tool.invoke(made))
    last = ask(chat_model(noise, responses, max_tokens=20), said, stream)
    assert noise.returned()[0].result == WEATHER
    assert last.text
    assert last.usage_metadata["output_tokens"] == 20


@pytest.mark.parametrize("method", ["json_schema", "function_calling"])
def test_the_real_engine_writes_what_is_parsed(noise: Wire, responses: bool, method: str) -> None:
    found = chat_model(noise, responses).with_structured_output(Report, method=method).invoke(QUESTION)
    assert isinstance(found, Report)
