"""The plug-in of vLLM, against a stand-in for vLLM's classes."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.integrations.vllm_stand_in import EOS, LAYOUTS, plugged_in, streamed

PARSERS = {name: plugged_in(layout) for name, layout in LAYOUTS.items()}
TOKENIZER = SimpleNamespace(eos_token_id=EOS)
AUTO, NONE = SimpleNamespace(tool_choice="auto"), SimpleNamespace(tool_choice="none")

Answer = tuple[str, list[tuple[str, Any]]]

CALLS = (
    '[{"name": "f", "arguments": {"name": "a", "s": "}]{\\"é", "n": [1.50, {"x": {"y": {}}}]}}, '
    '{"name": "g", "arguments": {}}]'
)
BLOCK = '<tool_call>\n{"name": "f", "arguments": {"a": 1}}\n</tool_call>'
TEXTS = [
    CALLS,
    "Just an answer.",
    "",
    f"Sure.\n```json\n{CALLS}\n```\nDone.",
    BLOCK + '\n<tool_call>\n{"arguments": {}, "name": "g"}\n</tool_call>',
    '[TOOL_CALLS][{"name": "f", "parameters": {"a": null}}]',
    '[a link](there), a list [1, 2], JSON {"x": 1} and `code` end with [',
    '{"name": "Bob", "age": 3}',
    '<think>\n[{"name": "no"}]\n</think>\n\n[{"name": "f", "arguments": {"a": true}}]',
]
pieces_of_text = st.sampled_from(
    [*TEXTS, "\n", " ", "[", "{", '{"name": ', '"f"', ', "arguments": {', "}", "]", "```", "json\n", "<tool_call>", "é"]
)
texts = st.sampled_from(TEXTS) | st.lists(pieces_of_text, max_size=6).map("".join)


def whole(name: str, text: str) -> Answer:
    """What the method for whole answers finds."""
    found = PARSERS[name](TOKENIZER).extract_tool_calls(text, AUTO)
    assert found.tools_called == bool(found.tool_calls)
    return found.content or "", [(call.function.name, json.loads(call.function.arguments)) for call in found.tool_calls]


def joined(deltas: list[dict[str, Any]]) -> tuple[str, list[tuple[str, str]]]:
    """What a client makes of deltas: content, and the calls by their index."""
    content, calls = "", {}
    for delta in deltas:
        content += delta.get("content") or ""
        for call in delta.get("tool_calls", ()):
            if call["index"] not in calls:
                assert call["id"].startswith("call_")
                assert call["type"] == "function"
                calls[call["index"]] = [call["function"]["name"], ""]
            calls[call["index"]][1] += call["function"].get("arguments") or ""
    assert list(calls) == list(range(len(calls)))
    return content, [(name, arguments) for name, arguments in calls.values()]


def cut(text: str, sizes: list[int]) -> list[str]:
    pieces = []
    for size in sizes:
        pieces.append(text[:size])
        text = text[size:]
    return [*pieces, text]


@given(st.sampled_from(list(LAYOUTS)), texts, st.lists(st.integers(0, 40), max_size=12))
def test_any_cut_of_an_answer_gives_the_calls_of_the_whole(name: str, text: str, sizes: list[int]) -> None:
    content, calls = whole(name, text)
    deltas = streamed(LAYOUTS[name], PARSERS[name](TOKENIZER), cut(text, sizes), AUTO, eos=True)
    streamed_content, streamed_calls = joined(deltas)
    complete = [(called, json.loads(arguments)) for called, arguments in streamed_calls if _is_json(arguments)]
    assert complete == calls
    if len(complete) == len(streamed_calls):  # else a call broke off, and what was sent cannot be taken back
        assert streamed_content == content


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("name", LAYOUTS)
@pytest.mark.parametrize("text", TEXTS)
def test_one_delta_and_one_character_at_a_time_give_the_same(name: str, text: str) -> None:
    for pieces in ([text], list(text) or [""], [*text, ""]):
        content, calls = joined(streamed(LAYOUTS[name], PARSERS[name](TOKENIZER), pieces, AUTO, eos=True))
        assert (content, [(called, json.loads(arguments)) for called, arguments in calls]) == whole(name, text)


@pytest.mark.parametrize("name", LAYOUTS)
def test_what_is_found_is_right(name: str) -> None:
    expected = [("f", {"name": "a", "s": '}]{"é', "n": [1.5, {"x": {"y": {}}}]}), ("g", {})]
    assert whole(name, CALLS) == ("", expected)
    assert whole(name, TEXTS[3]) == ("Sure.\n\nDone.", expected)
    assert whole(name, '[{"name": "f", "arguments": {"a": ') == ('[{"name": "f", "arguments": {"a":', [])


@pytest.mark.parametrize("name", LAYOUTS)
def test_arguments_come_while_they_are_written(name: str) -> None:
    parser = PARSERS[name](TOKENIZER)
    text = '[{"name": "f", "arguments": {"text": "' + "a" * 100
    arguments = "".join(
        arguments for _, arguments in joined(streamed(LAYOUTS[name], parser, list(text), AUTO, eos=False))[1]
    )
    assert arguments == '{"text": "' + "a" * 100
    assert parser.prev_tool_call_arr  # vLLM before 0.24 says "tool_calls" as the finish reason by this


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_call_that_breaks_off_is_not_completed(name: str) -> None:
    pieces = ['[{"name": "f", "arguments":', " {"]
    assert joined(streamed(LAYOUTS[name], PARSERS[name](TOKENIZER), pieces, AUTO, eos=False))[1] == [("f", "{")]


@pytest.mark.parametrize("name", ["0.24", "0.29 to 0.33"])
@pytest.mark.parametrize("text", ["see [", '{"name": "Bob", "age": ', "a `"])
def test_an_answer_that_ends_by_its_length_loses_nothing_where_the_end_is_told(name: str, text: str) -> None:
    content, calls = joined(streamed(LAYOUTS[name], PARSERS[name](TOKENIZER), list(text), AUTO, eos=False))
    assert (content, calls) == (text.strip(), [])


@pytest.mark.parametrize("name", LAYOUTS)
def test_without_tools_nothing_is_read_as_a_call(name: str) -> None:
    deltas = streamed(LAYOUTS[name], PARSERS[name](TOKENIZER), list(CALLS), NONE, eos=True)
    assert joined(deltas) == (CALLS, [])
    found = PARSERS[name](TOKENIZER).extract_tool_calls(CALLS, NONE)
    assert (found.tools_called, found.content) == (False, CALLS)


@pytest.mark.parametrize("name", LAYOUTS)
def test_ids_are_not_used_twice(name: str) -> None:
    found = [PARSERS[name](TOKENIZER).extract_tool_calls(CALLS, AUTO).tool_calls for _ in range(2)]
    deltas = streamed(LAYOUTS[name], PARSERS[name](TOKENIZER), [CALLS], AUTO, eos=True)
    ids = [call.id for calls in found for call in calls]
    ids += [call["id"] for delta in deltas for call in delta["tool_calls"] if "id" in call]
    assert len(set(ids)) == len(ids) == 6


def test_the_stand_in_would_show_arguments_that_are_sent_twice() -> None:
    layout = LAYOUTS["0.10 to 0.12"]
    parser = PARSERS["0.10 to 0.12"](TOKENIZER)
    parser._message = lambda deltas: _naive(parser, deltas)
    [(_, arguments)] = joined(streamed(layout, parser, ['[{"name": "f", "arguments": {"a":', "1}}]"], AUTO, eos=True))[
        1
    ]
    assert arguments != '{"a":1}'


def _naive(parser: Any, deltas: list[dict[str, Any]]) -> Any:
    """As a parser would do that knows nothing of how vLLM ends a stream."""
    message = type(parser)._message(parser, deltas)
    if message is not None and len(message.tool_calls) == 2:
        first, second = message.tool_calls
        first.function.arguments = second.function.arguments
        message.tool_calls = [first]
    return message
