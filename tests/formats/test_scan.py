"""Which texts hold calls: what is broken is never executed in part, and what is ordinary stays content."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamforge.formats import get_format
from lamforge.formats.parse import parse
from lamforge.messages import Function, Message, ToolCall

CALL = '[{"name": "look", "arguments": {"at": "x"}}]'
NESTED = {"name": "refund", "arguments": {}}
FMT = get_format("xlam-qwen/hf")

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6) | st.just(NESTED),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)
functions = st.builds(
    Function, name=st.text(max_size=6), arguments=st.dictionaries(st.text(max_size=5), values, max_size=3)
)
turns = st.lists(functions, min_size=1, max_size=3).map(
    lambda called: Message(role="assistant", tool_calls=[ToolCall(function=function) for function in called])
)


def names(text: str) -> list[str]:
    return [call.function.name for call in parse(text).tool_calls or ()]


def written(message: Message) -> str:
    span = FMT.spans([message])[0]
    return FMT.render([message])[span.start : span.end]


@given(turns, st.data())
def test_a_call_that_was_cut_off_is_not_executed_in_part(message: Message, data: st.DataObject) -> None:
    whole = written(message).removesuffix("<|im_end|>")
    cut = whole[: data.draw(st.integers(0, len(whole) - 1))]
    read = parse(cut)
    made = [call.function for call in read.tool_calls or ()]
    assert made == [call.function for call in message.tool_calls or ()][: len(made)]  # the whole ones, unchanged
    assert read.problem is not None or len(cut) < len("[{")
    assert made or read.content == cut.strip()


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("arguments", [NESTED, {"x": [1, NESTED], "y": "a"}, {"x": [NESTED, NESTED]}])
def test_one_wrong_character_never_sets_free_a_call_among_the_arguments(arguments: object, indent: int | None) -> None:
    text = json.dumps([{"name": "pay", "arguments": arguments}], indent=indent)
    for place in range(len(text)):
        for wrong in ("", *"\"{}[],: x\\\n'"):
            damaged = text[:place] + wrong + text[place + 1 :]
            assert "refund" not in names(damaged), damaged


@given(st.text() | st.lists(st.sampled_from(["[", "{", '"', "`", "```", "\n", "<tool_call>", "x", "]"])).map("".join))
def test_a_plain_answer_reads_back_unless_it_holds_a_call(text: str) -> None:
    read = FMT.parse(written(Message(role="assistant", content=text)))
    assert read.tool_calls or read.content == text.strip()


@pytest.mark.parametrize(
    "text",
    [
        f"```python\nx = {CALL}\n```",
        f"Look:\n\n  ```js\ncall({CALL})",
        '{"name": "look", "description": "Looks.", "parameters": {"type": "object"}}',
        '{"name": "look", "parameters": {"type": "object", "properties": {}}}',
        '[{"city": "Paris"}, {"city": "Rome"}]',
        f'{{"steps": {CALL}}}',
        CALL[1:-1].replace("name", "n\\u0061me"),
        "1. [ ] buy {milk}\n2. [x] see [the list](https://example.com/{id})",
        "<think>Perhaps " + CALL,
    ],
)
def test_ordinary_text_is_content_without_a_problem(text: str) -> None:
    read = parse(text)
    assert (read.tool_calls, read.content, read.problem) == (None, text, None)


@pytest.mark.parametrize(
    ("text", "content"),
    [
        (f"```{CALL}```", None),
        (f"```json\n{CALL}\n```Done.", "Done."),
        (f"```json\n{CALL}\n```\n```json\n{{}}\n```", "```json\n{}\n```"),
        (f"```python\nf()\n```\n{CALL}", "```python\nf()\n```"),
        (f'```json\n{{"x": 1}}\n```\n{CALL}', '```json\n{"x": 1}\n```'),
        (f"Write ``` first. {CALL}", "Write ``` first."),
        (f'A {{"set}} first.\n\n{CALL}', 'A {"set} first.'),
        (f'<think>{{"a</think>{CALL}', '<think>{"a</think>'),
        (f"```py\nf()</think>{CALL}", "```py\nf()</think>"),
        (CALL.replace("x", "</think>"), None),
        (CALL.replace("x", "```"), None),
    ],
)
def test_a_call_among_other_text_leaves_that_text(text: str, content: str | None) -> None:
    assert names(text) == ["look"]
    assert parse(text).content == content


@pytest.mark.parametrize(
    "text",
    [
        '[{"name": "a", "arguments": "{}"}]',
        "[{'name': 'a', 'arguments': {}}]",
        "{'name': 'a', 'arguments': {}}",
        '[{"name": "a", "arguments": {"n": 1e999}}]',
        '[{"name": "a", "arguments": {"n": ' + "9" * 5000 + "}}]",
        '[{"name": "a", "arguments": {"n": ' + "[" * 100_000,
        '[{"name": "a", "arguments": {"n": 1,}}]',
        '[{"name": "a", "arguments": {"n": [1,]}}]',
        '[{"name": "a", "arguments": {"n": {"x": 1,}}}]',
        '[{"name": "a", "arguments": {"n": {,}}}]',
        '[{"name": "a", "arguments": {"n": 01}}]',
        '[{"name": "a", "arguments": {"n" 1}}]',
        "<tool_call>look</tool_call>",
        "[TOOL_CALLS]",
    ],
)
def test_a_call_that_cannot_be_executed_is_content_with_the_reason(text: str) -> None:
    read = parse(text)
    assert read.tool_calls is None
    assert read.content == text
    assert read.problem


@pytest.mark.parametrize(
    ("rest", "content"),
    [
        (' {"name": "b", "arguments": {}}]', '{"name": "b", "arguments": {}}]'),
        (', {"name": "b"}]', ', {"name": "b"}]'),
        (", 5]", ", 5]"),
        (', {"name": "b", "arguments": {"x": [}', ', {"name": "b", "arguments": {"x": [}'),
        ("", None),
    ],
)
def test_whole_calls_stand_and_the_broken_rest_of_their_list_is_content(rest: str, content: str | None) -> None:
    read = parse('[{"name": "a", "arguments": {}}' + rest)
    assert [call.function.name for call in read.tool_calls or ()] == ["a"]
    assert read.content == content
    assert read.problem


@pytest.mark.parametrize("before", ["<tool_call>\n", "```json\n", "Well. [TOOL_CALLS]", "[TOOL_CALLS] ["])
def test_a_broken_call_stays_where_it_was_written_behind_what_began_it(before: str) -> None:
    for rest in ("", " 5", '", "y": [}] and more'):
        text = before + '{"name": "a", "arguments": {"x": "b' + rest
        assert parse(text).content == text


def test_a_good_block_beside_a_broken_one_is_a_call_with_a_problem() -> None:
    read = parse('<tool_call>{"name": "a", "arguments": {}}</tool_call>\n<tool_call>{"name": "b", "arg</tool_call>')
    assert [call.function.name for call in read.tool_calls or ()] == ["a"]
    assert read.content == '<tool_call>{"name": "b", "arg</tool_call>'
    assert read.problem


@pytest.mark.parametrize(("depth", "readable"), [(60, True), (70, False), (5_000, False)])
def test_deep_arguments_are_read_as_far_as_every_later_stage_can_carry_them(depth: int, readable: bool) -> None:
    text = '[{"name": "a", "arguments": {"x": ' + "[" * depth + "]" * depth + "}}]"
    read = parse(text, [{"name": "a", "parameters": {"type": "object"}}])
    assert bool(read.tool_calls) is readable
    assert Message.model_validate_json(json.dumps(read.as_dict())) == read.model_copy(update={"problem": None})


def test_only_an_empty_line_ends_broken_json() -> None:
    inner = '{"name": "refund", "arguments": {}}'
    for end, read in (("\n\n", True), ("\n \t\n", True), (" " * 80 + "\n", False), ("\nx\n", False)):
        assert bool(names('{"name": "pay", oops' + end + inner)) is read, end


def test_half_a_surrogate_pair_becomes_the_replacement_character() -> None:
    assert parse("a\ud800b").content == "a\ufffdb"


def test_one_stop_token_is_dropped_and_no_more() -> None:
    assert FMT.parse("Bye.<|im_end|>").content == "Bye."
    assert FMT.parse("Bye.<|endoftext|>").content == "Bye."
    assert FMT.parse("Bye.<|endoftext|><|im_end|>").content == "Bye.<|endoftext|>"
