"""Conversations over an engine that continues texts."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from tests.writing import Writer

from lamforge.engines.base import Options, collect
from lamforge.engines.formatted import Ended, answer
from lamforge.errors import SchemaError, UsageError
from lamforge.formats import get_format
from lamforge.messages import Message

FORMAT = get_format("xlam-qwen/always")
HELLO = [{"role": "user", "content": "hello"}]
TOOL = {"name": "look", "parameters": {"type": "object", "properties": {"at": {"type": "string"}}, "required": ["at"]}}
CALL = '[{"name": "look", "arguments": {"at": "x"}}]'


def ask(
    writer: Writer, tools: Any = (TOOL,), tool_choice: str = "auto", constrained: bool = True, **options: Any
) -> tuple[Message, str, dict[str, int]]:
    async def play() -> Any:
        stream = answer(writer, FORMAT, HELLO, list(tools), tool_choice, Options(**options), constrained=constrained)
        return await collect(stream)

    return asyncio.run(play())


def test_a_call_ends_with_its_own_reason() -> None:
    message, reason, usage = ask(Writer(CALL))
    assert message.tool_calls and message.tool_calls[0].function.arguments == {"at": "x"}
    assert (reason, usage) == ("tool_calls", {"prompt_tokens": 1, "completion_tokens": 2})


def test_an_answer_that_was_cut_says_so() -> None:
    assert ask(Writer("Hello", reason="length"))[1] == "length"
    message, reason, _ = ask(Writer(CALL[:35], reason="length"))
    assert reason == "length"
    assert message.tool_calls is None


def test_a_call_that_is_broken_is_no_call() -> None:
    message, reason, _ = ask(Writer('[{"name": "look", "arguments": {"at": 1 oops}}]'), constrained=False)
    assert (message.tool_calls, reason) == (None, "stop")


def test_what_is_said_to_the_api_alone_is_not_shown_to_the_model() -> None:
    writer = Writer(CALL)
    ask(writer, tools=({"type": "function", "function": {**TOOL, "strict": True}},))
    assert '"look"' in writer.prompt
    assert "strict" not in writer.prompt


def test_an_answer_that_must_not_call_is_content_whatever_it_says() -> None:
    writer = Writer(CALL)
    message, reason, _ = ask(writer, tool_choice="none")
    assert (message.content, message.tool_calls, reason) == (CALL, None, "stop")
    assert writer.grammar is None
    assert "look" not in writer.prompt


@pytest.mark.parametrize("choice", ["auto", "required", "look"])
def test_the_grammar_allows_what_the_choice_allows(choice: str) -> None:
    writer = Writer(CALL)
    ask(writer, tool_choice=choice)
    assert writer.grammar is not None
    assert writer.grammar.accepts(CALL)
    assert writer.grammar.accepts("Hello") == (choice == "auto")
    assert not writer.grammar.accepts(CALL.replace('"x"', "5"))


def test_without_constraint_a_required_call_is_still_required() -> None:
    writer = Writer(CALL)
    ask(writer, constrained=False)
    assert writer.grammar is None
    ask(writer, constrained=False, tool_choice="required")
    assert writer.grammar is not None


def test_a_strict_tool_is_kept_without_constraint_and_so_are_those_beside_it() -> None:
    writer = Writer(CALL)
    strict: dict[str, Any] = {"name": "go", "parameters": {}, "strict": True}
    ask(writer, tools=(TOOL, strict), constrained=False)
    assert writer.grammar is not None
    assert writer.grammar.accepts(CALL)
    assert not writer.grammar.accepts(CALL.replace('"x"', "5"))
    ask(writer, tools=(TOOL, {**strict, "strict": False}), constrained=False)
    assert writer.grammar is None
    ask(writer, tools=(TOOL, strict), constrained=False, tool_choice="none")
    assert writer.grammar is None


def test_an_engine_that_keeps_no_grammar_refuses_a_strict_tool_by_its_place() -> None:
    class Unknown(Writer):
        async def write(self, *asked: Any) -> Any:
            if asked[-1] is not None:
                raise UsageError("this server is not known to keep grammars")
            yield Ended("stop", {})

    tools = (TOOL, {"type": "function", "function": {**TOOL, "name": "go", "strict": True}})
    with pytest.raises(SchemaError) as caught:
        ask(Unknown(CALL), tools=tools, constrained=False)
    assert caught.value.where == "tools[1].function.strict"
    assert ask(Unknown(CALL), tools=(TOOL,), constrained=False)[1] == "stop"


def test_a_response_schema_is_a_grammar_of_the_whole_answer() -> None:
    writer = Writer('{"a": 1}')
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
    message, _, _ = ask(writer, tools=(), response_schema=schema)
    assert message.content == '{"a": 1}'
    assert writer.grammar is not None
    assert writer.grammar.accepts('{"a": 1}')
    assert not writer.grammar.accepts("Hello")


def test_with_tools_an_answer_is_a_call_or_follows_the_response_schema() -> None:
    writer = Writer(CALL)
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
    message, _, _ = ask(writer, response_schema=schema)
    assert message.tool_calls
    assert writer.grammar is not None
    assert writer.grammar.accepts(CALL)
    assert writer.grammar.accepts('{"a": 1}')
    assert not writer.grammar.accepts("Hello")
    ask(writer, tool_choice="required", response_schema=schema)
    assert writer.grammar.accepts(CALL)
    assert not writer.grammar.accepts('{"a": 1}')


def test_the_users_stops_come_beside_the_formats() -> None:
    writer = Writer("Hello")
    ask(writer, stop=("END",))
    assert writer.stop == (*FORMAT.stop_tokens, "END")


def test_what_cannot_be_done_is_refused_before_anything_is_generated() -> None:
    with pytest.raises(UsageError, match="'jump' is not possible"):
        ask(Writer(CALL), tool_choice="jump")
    with pytest.raises(UsageError, match="none are given"):
        ask(Writer(CALL), tools=(), tool_choice="required")
    odd = {"name": "odd", "parameters": {"type": "object", "properties": {"x": {"not": {"type": "string"}}}}}
    with pytest.raises(SchemaError, match="not") as caught:
        ask(Writer(CALL), tools=(odd,))
    assert "odd" in str(caught.value)


def test_others_go_on_while_a_grammar_is_made() -> None:
    class Slow:
        def __getattr__(self, name: str) -> Any:
            return getattr(FORMAT, name)

        def grammar(self, *asked: Any) -> None:
            time.sleep(0.5)

    async def play() -> float:
        stream = answer(Writer("Hi."), Slow(), HELLO, [TOOL], "auto", Options(), constrained=True)  # type: ignore[arg-type]
        asked = asyncio.ensure_future(collect(stream))
        longest = 0.0
        while not asked.done():
            began = time.perf_counter()
            await asyncio.sleep(0.01)
            longest = max(longest, time.perf_counter() - began)
        return longest

    assert asyncio.run(play()) < 0.3  # seconds
