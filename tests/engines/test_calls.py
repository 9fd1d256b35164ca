"""Calls in deltas: what is wrong with them is said on them, and broken ones are text in their place."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from tests.writing import Writer

from lamforge.engines import ScriptedModel, collect
from lamforge.engines.calls import Delta, Joined, checked
from lamforge.errors import SchemaError
from lamforge.messages import Function, Message, ToolCall

TOOL = {"name": "look", "parameters": {"type": "object", "properties": {"at": {"type": "string"}}, "required": ["at"]}}
HELLO = [{"role": "user", "content": "hello"}]
UNKNOWN = "unknown tool 'jump'"
MISSING = "missing required argument 'at' (string)"
BROKEN = "it breaks off: its arguments are no whole JSON object"


def begun(index: int, name: str, arguments: str) -> dict[str, Any]:
    return {"index": index, "id": f"call_{index}", "function": {"name": name, "arguments": arguments}}


def read(*deltas: Delta, tools: Any = (TOOL,)) -> list[Delta]:
    async def whole() -> list[Delta]:
        async def sent() -> AsyncGenerator[Delta, None]:
            for delta in deltas:
                yield delta

        return [delta async for delta in checked(sent(), tools)]

    return asyncio.run(whole())


def problems(deltas: list[Delta]) -> dict[int, list[str]]:
    joined = Joined()
    for delta in deltas:
        joined.add(delta)
    return {index: call.problems for index, call in joined.calls.items()}


def test_each_wrong_call_says_what_is_wrong_in_its_own_last_piece() -> None:
    found = read(
        {"tool_calls": [begun(0, "jump", '{"at'), {"index": 0, "function": {"arguments": '": 1}'}}]},
        {"tool_calls": [begun(1, "look", "{}"), begun(2, "look", '{"at": "x"}')]},
        {"tool_calls": [begun(3, "look", '{"at": ')]},
        {"finish_reason": "tool_calls", "usage": {}},
    )
    assert problems(found) == {0: [UNKNOWN], 1: [MISSING], 2: [], 3: [BROKEN]}
    places = [piece["index"] for delta in found for piece in delta.get("tool_calls", ())]
    assert places == sorted(places)  # never after the next call has begun
    assert found[-1] == {"finish_reason": "tool_calls", "usage": {}}


def test_without_tools_there_is_nothing_to_hold_a_call_against() -> None:
    last = {"finish_reason": "stop", "usage": {}}
    assert problems(read({"tool_calls": [begun(0, "jump", "{}")]}, last, tools=None)) == {0: []}


def test_what_an_endpoint_says_itself_is_not_said_twice() -> None:
    piece = {**begun(0, "jump", "{}"), "problems": ["so it is"]}
    assert problems(read({"tool_calls": [piece]}, {"finish_reason": "stop", "usage": {}})) == {0: ["so it is"]}


@pytest.mark.parametrize(
    ("text", "content", "made"),
    [
        ('Hello [{"name": "look", "arguments": {"at": 1 oops}}]', 'Hello\n{"name": "look", "arguments": {"at": 1 ', 0),
        ('[{"name": "look", "arguments": {"at": "x"}}, {"name": "look", "arguments": {"at', None, 1),
    ],
)
def test_a_broken_call_is_content_where_it_stood(text: str, content: str | None, made: int) -> None:
    message, _, _ = asyncio.run(collect(Writer(text).chat(HELLO, [TOOL])))
    assert len(message.tool_calls or ()) == made
    assert message.problem
    said = message.content or ""
    assert said.startswith(content or '{"name": "look"')
    assert said.index('"name": "look"') < (said.index("oops") if "oops" in said else len(said))
    assert Writer(text).format.parse(said).problem  # it is still seen as a call that broke


def test_a_script_keeps_a_strict_tool_or_says_that_it_does_not() -> None:
    def ask(arguments: dict[str, Any], **tool: Any) -> Message:
        call = ToolCall(function=Function(name="look", arguments=arguments))
        model = ScriptedModel(lambda messages, tools: Message(role="assistant", tool_calls=[call]))
        return asyncio.run(collect(model.chat(HELLO, [{**TOOL, **tool}])))[0]

    assert ask({"at": "x"}, strict=True).tool_calls
    (wrong,) = ask({}).tool_calls or ()
    assert wrong.problems == [MISSING]
    assert "problems" not in json.dumps(ask({}).as_dict())
    with pytest.raises(SchemaError, match="missing") as caught:
        ask({}, strict=True)
    assert caught.value.where == "tools[0].strict"
