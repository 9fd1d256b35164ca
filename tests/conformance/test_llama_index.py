"""LlamaIndex over both APIs. It takes OpenAI's library before version 3 only."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.conformance.conftest import ANSWER, CARRIED_OUT, QUESTION, WEATHER, Replay, Report, get_weather
from tests.conformance.wire import Wire

like = pytest.importorskip("llama_index.llms.openai_like")
llms = pytest.importorskip("llama_index.llms.openai")
core = pytest.importorskip("llama_index.core.llms")
tools = pytest.importorskip("llama_index.core.tools")
workflow = pytest.importorskip("llama_index.core.agent.workflow")

pytestmark = pytest.mark.conformance


def chat_model(wire: Wire, **settings: Any) -> Any:
    kinds = {"is_chat_model": True, "is_function_calling_model": True}
    return like.OpenAILike(model="any", api_base=wire.url, api_key="none", max_retries=0, **kinds, **settings)


def response_model(wire: Wire) -> Any:
    # It asks for a name that it knows the context of.
    return llms.OpenAIResponses(model="gpt-4o-mini", api_base=wire.url, api_key="none", max_retries=0)


def ask(model: Any, said: list[Any], tool: Any, stream: bool) -> Any:
    if not stream:
        return model.chat_with_tools([tool], chat_history=said)
    *_, last = model.stream_chat_with_tools([tool], chat_history=said)
    return last


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("opened", [chat_model, response_model])
def test_a_model_with_tools_calls_and_answers(replay: Replay, opened: Any, stream: bool) -> None:
    wire = replay()
    model, tool = opened(wire), tools.FunctionTool.from_defaults(get_weather)
    said = [core.ChatMessage(role="user", content=QUESTION)]
    first = ask(model, said, tool, stream)
    (made,) = model.get_tool_calls_from_response(first)
    assert (made.tool_name, made.tool_kwargs) == ("get_weather", {"city": "Oslo"})
    result = str(tool.call(**made.tool_kwargs))
    ids = {"tool_call_id": made.tool_id, "call_id": made.tool_id}
    said += [first.message, core.ChatMessage(role="tool", content=result, additional_kwargs=ids)]
    last = ask(model, said, tool, stream)
    assert wire.returned() == CARRIED_OUT
    assert last.message.content == ANSWER
    if opened is response_model:
        assert last.additional_kwargs["usage"].total_tokens == 0
    elif not stream:
        assert last.additional_kwargs["total_tokens"] == 0


@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "streamed"])
def test_an_agent_calls_and_answers(replay: Replay, streaming: bool) -> None:
    async def run(wire: Wire) -> Any:
        return await workflow.FunctionAgent(tools=[get_weather], llm=chat_model(wire), streaming=streaming).run(
            QUESTION
        )

    wire = replay()
    result = asyncio.run(run(wire))
    assert result.response.content == ANSWER
    (made,) = result.tool_calls
    assert (made.tool_kwargs, made.tool_output.content) == ({"city": "Oslo"}, WEATHER)
    assert wire.returned() == CARRIED_OUT


def test_the_real_engine_is_made_to_call(noise: Wire) -> None:
    model, tool = chat_model(noise), tools.FunctionTool.from_defaults(get_weather)
    found = model.chat_with_tools([tool], QUESTION, tool_required=True)
    (made,) = model.get_tool_calls_from_response(found)
    assert made.tool_kwargs["city"] in ("Oslo", "Paris")
    assert found.additional_kwargs["completion_tokens"] > 10


@pytest.mark.parametrize("schema", [False, True], ids=["as a call", "as a schema"])
def test_the_real_engine_writes_what_is_parsed(noise: Wire, schema: bool) -> None:
    model = chat_model(noise, should_use_structured_outputs=schema).as_structured_llm(Report)
    assert isinstance(model.chat([core.ChatMessage(role="user", content=QUESTION)]).raw, Report)
