"""Pydantic AI over both APIs: it carries out the calls itself, and may take its answer from a call."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.conformance.conftest import (
    ANSWER,
    CALL,
    CARRIED_OUT,
    QUESTION,
    REPORT,
    WEATHER,
    Replay,
    Report,
    call,
    get_weather,
)
from tests.conformance.wire import Wire

pydantic_ai = pytest.importorskip("pydantic_ai")
models = pytest.importorskip("pydantic_ai.models.openai")
providers = pytest.importorskip("pydantic_ai.providers.openai")

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.parametrize("model", [models.OpenAIChatModel, models.OpenAIResponsesModel]),
]


def agent(wire: Wire, model: Any, answer: Any = str, tools: Any = (get_weather,)) -> Any:
    provider = providers.OpenAIProvider(base_url=wire.url, api_key="none")
    return pydantic_ai.Agent(model("any", provider=provider), tools=tools, output_type=answer, instructions="Be brief.")


def run(asked: Any, **options: Any) -> Any:
    return asyncio.run(asked.run(QUESTION, **options))


def check_parts(messages: list[Any]) -> None:
    """The messages of a run: question, call, result, answer, with one id from the call to its result."""
    (_, (made,), (given,), (said,)) = [message.parts for message in messages]
    assert (made.tool_name, made.args_as_dict()) == ("get_weather", {"city": "Oslo"})
    assert (given.content, given.tool_call_id) == (WEATHER, made.tool_call_id)
    assert said.content == ANSWER


def test_an_agent_calls_and_answers(replay: Replay, model: Any) -> None:
    wire = replay()
    result = run(agent(wire, model))
    assert result.output == ANSWER
    check_parts(result.all_messages())
    assert wire.returned() == CARRIED_OUT
    assert (result.usage.requests, result.usage.tool_calls) == (2, 1)


def test_a_streamed_agent_calls_and_answers(replay: Replay, model: Any) -> None:
    async def texts(asked: Any) -> tuple[list[str], Any]:
        async with asked.run_stream(QUESTION) as result:
            return [text async for text in result.stream_text(delta=True, debounce_by=None)], result

    wire = replay()
    found, result = asyncio.run(texts(agent(wire, model)))
    assert "".join(found) == ANSWER
    check_parts(result.all_messages())
    assert wire.returned() == CARRIED_OUT
    assert result.usage.requests == 2


def test_a_conversation_goes_on_after_an_answer(replay: Replay, model: Any) -> None:
    asked = agent(replay(CALL, {"content": ANSWER}, {"content": "Goodbye."}), model)
    history = run(asked).all_messages()
    assert run(asked, message_history=history).output == "Goodbye."


def test_an_answer_may_be_a_call(replay: Replay, model: Any) -> None:
    wire = replay(CALL, {"tool_calls": [call("final_result", sky="snow", degrees=-3)]})
    assert run(agent(wire, model, Report)).output == Report(sky="snow", degrees=-3)
    assert wire.requests[0]["tool_choice"] == "required"
    assert wire.returned() == CARRIED_OUT


def test_an_answer_may_be_of_a_schema(replay: Replay, model: Any) -> None:
    wire = replay(CALL, REPORT)
    assert run(agent(wire, model, pydantic_ai.NativeOutput(Report))).output == Report(sky="snow", degrees=-3)
    assert wire.returned() == CARRIED_OUT


@pytest.mark.parametrize("way", [pydantic_ai.ToolOutput, pydantic_ai.NativeOutput])
def test_the_real_engine_writes_what_is_parsed(noise: Wire, model: Any, way: Any) -> None:
    result = run(agent(noise, model, way(Report), tools=()), model_settings={"parallel_tool_calls": False})
    assert isinstance(result.output, Report)
    assert result.usage.output_tokens > 10
