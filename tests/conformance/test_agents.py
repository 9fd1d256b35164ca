"""OpenAI's Agents SDK over both APIs: it carries out the calls itself."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.conformance.conftest import ANSWER, CALL, CARRIED_OUT, QUESTION, REPORT, WEATHER, Replay, Report, get_weather
from tests.conformance.wire import Wire

agents = pytest.importorskip("agents")
openai = pytest.importorskip("openai")

pytestmark = pytest.mark.conformance

MODELS = (agents.OpenAIChatCompletionsModel, agents.OpenAIResponsesModel)
KINDS = ["tool_call_item", "tool_call_output_item", "message_output_item"]


def settings(**chosen: Any) -> Any:
    return agents.ModelSettings(include_usage=True, **chosen)


def run(wire: Wire, model: Any, said: Any = QUESTION, *, stream: bool = False, **changes: Any) -> Any:
    """One run of an agent, with its events as `events` if it is streamed.

    Args:
        said: A question, or the conversation so far.
        changes: Of the agent.
    """

    async def once() -> Any:
        async with openai.AsyncOpenAI(base_url=wire.url, api_key="none", max_retries=0) as client:
            agent = agents.Agent(
                "agent",
                instructions="Be brief.",
                model=model("any", client),
                **{"tools": [agents.function_tool(get_weather)], "model_settings": settings(), **changes},
            )
            quiet = agents.RunConfig(tracing_disabled=True)
            if not stream:
                return await agents.Runner.run(agent, said, run_config=quiet)
            result = agents.Runner.run_streamed(agent, said, run_config=quiet)
            result.events = [event async for event in result.stream_events()]
            return result

    return asyncio.run(once())


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("model", MODELS)
def test_an_agent_calls_and_answers(replay: Replay, model: Any, stream: bool) -> None:
    wire = replay()
    result = run(wire, model, stream=stream)
    assert result.final_output == ANSWER
    assert [item.type for item in result.new_items] == KINDS
    made, given, _ = result.new_items
    assert (made.raw_item.name, made.raw_item.arguments) == ("get_weather", '{"city": "Oslo"}')
    assert (given.output, given.raw_item["call_id"]) == (WEATHER, made.raw_item.call_id)
    assert wire.returned() == CARRIED_OUT
    assert result.context_wrapper.usage.requests == 2


def test_the_events_of_a_run_come_in_order(replay: Replay) -> None:
    events = run(replay(), agents.OpenAIResponsesModel, stream=True).events
    names = [event.data.type if event.type == "raw_response_event" else getattr(event, "name", "") for event in events]
    assert [name.removeprefix("response.") for name in names[1:]] == [
        "created",
        "in_progress",
        "output_item.added",
        "function_call_arguments.delta",
        "function_call_arguments.done",
        "output_item.done",
        "completed",
        "tool_called",
        "tool_output",
        "created",
        "in_progress",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "completed",
        "message_output_created",
    ]


@pytest.mark.parametrize("model", MODELS)
def test_a_conversation_goes_on_after_an_answer(replay: Replay, model: Any) -> None:
    wire = replay(CALL, {"content": ANSWER}, {"content": "Goodbye."})
    said = run(wire, model).to_input_list()
    result = run(wire, model, [*said, {"role": "user", "content": "Thanks."}])
    assert result.final_output == "Goodbye."
    told = wire.requests[2].get("messages") or wire.requests[2]["input"]
    assert told[-1]["content"] == "Thanks."
    assert ANSWER in str(told[-2]["content"])


@pytest.mark.parametrize("model", MODELS)
def test_settings_that_ask_for_nothing_else_are_taken(replay: Replay, model: Any) -> None:
    none = pytest.importorskip("openai.types.shared").Reasoning(effort="none")
    wire = replay()
    chosen = settings(
        tool_choice="get_weather",
        parallel_tool_calls=False,
        store=False,
        metadata={"a": "b"},
        reasoning=none,
        verbosity="medium",
        temperature=0.5,
        max_tokens=99,
    )
    result = run(wire, model, model_settings=chosen)
    assert result.final_output == ANSWER
    assert wire.requests[0]["temperature"] == 0.5


@pytest.mark.parametrize("model", MODELS)
def test_an_agents_answer_is_of_its_class(replay: Replay, model: Any) -> None:
    wire = replay(CALL, REPORT)
    assert run(wire, model, output_type=Report).final_output == Report(sky="snow", degrees=-3)
    assert wire.returned() == CARRIED_OUT


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("model", MODELS)
def test_the_real_engine_is_made_to_call_and_to_answer(noise: Wire, model: Any, stream: bool) -> None:
    forced = settings(tool_choice="required", parallel_tool_calls=False)
    first = run(noise, model, stream=stream, model_settings=forced, tool_use_behavior="stop_on_first_tool")
    assert [item.type for item in first.new_items] == KINDS[:2]
    assert first.final_output == WEATHER
    assert first.context_wrapper.usage.output_tokens > 10
    last = run(noise, model, first.to_input_list(), stream=stream, tools=[], output_type=Report)
    ((name, arguments, result),) = noise.returned()
    assert (name, result) == ("get_weather", WEATHER)
    assert arguments["city"] in ("Oslo", "Paris")
    assert isinstance(last.final_output, Report)
    assert last.context_wrapper.usage.output_tokens > 10
