"""Reading an answer while it comes: where the text is cut never matters."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lamforge.formats import get_format
from lamforge.formats.parse import StreamParser, parse
from lamforge.messages import Function, Message, ToolCall

FORMATS = [get_format(name) for name in ("xlam-qwen/hf", "xlam-llama/bfcl", "hermes/qwen")]
CALL = '[{"name": "look", "arguments": {"at": "x"}}]'

# Pieces that notations are made of, so that random texts come close to calls, and break in every way.
NOTATION = "[ { } ] \" : , ` ``` \\ < ' 1 -1.5e3 true null tru nan {name <tool_call> </tool_call> [TOOL_CALLS]".split()
NOTATION += (
    '<think> </think> <|im_end|> <|im_ "name" "arguments" "parameters" "description" "a" \\u00e9 \\ud83d é 😀'.split()
)
NOTATION += [
    " ",
    " " * 63,
    " " * 64,
    "\n",
    "\n\n",
    "```json\n",
    "```py\n",
    '"name": "f"',
    '"arguments": {}',
    '{"x": ',
    "[1, ",
    "text",
]
PIECES = st.sampled_from([*NOTATION, CALL, CALL[1:-1], CALL[:-2], CALL[:20]])
texts = st.lists(PIECES, max_size=14).map("".join) | st.text(max_size=40)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5) | st.just("name"), inner, max_size=3)
    ),
    max_leaves=8,
)
calls = st.builds(
    lambda name, arguments: ToolCall(function=Function(name=name, arguments=arguments)),
    st.text(max_size=10),
    st.dictionaries(
        st.sampled_from(["name", "arguments", "parameters", "é", ""]) | st.text(max_size=4), values, max_size=4
    ),
)


def pieces_of(text: str, cuts: list[int]) -> list[str]:
    places = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
    return [text[start:end] for start, end in pairwise(places)]


def streamed(pieces: list[str], **options: Any) -> tuple[list[dict[str, Any]], Message]:
    parser = StreamParser(**options)
    deltas = [delta for piece in pieces for delta in parser.feed(piece)] + parser.close()
    assert parser.close() == []
    return deltas, parser.message


def joined(deltas: list[dict[str, Any]]) -> tuple[str, list[tuple[str, str]]]:
    """The content and the calls as a client of OpenAI's API puts them together; checks the rules on the way."""
    content, made = "", []
    for delta in deltas:
        content += delta.get("content", "")
        for piece in delta.get("tool_calls", ()):
            function = piece["function"]
            if "name" in function:
                assert piece["index"] == len(made)
                assert piece["id"]
                made.append((function["name"], ""))
            assert piece["index"] == len(made) - 1
            made[-1] = (made[-1][0], made[-1][1] + function["arguments"])
    return content, made


@settings(max_examples=600, deadline=None)
@given(texts, st.lists(st.integers(0, 200), max_size=12))
def test_where_a_text_is_cut_never_matters(text: str, cuts: list[int]) -> None:
    whole = parse(text, stop_tokens=("<|im_end|>",))
    for pieces in (pieces_of(text, cuts), list(text)):
        deltas, message = streamed(pieces, stop_tokens=("<|im_end|>",))
        assert message == whole
        assert message.problem == whole.problem
        content, made = joined(deltas)
        finished = [(name, json.loads(written)) for name, written in made if is_object(written)]
        assert finished == [(call.function.name, call.function.arguments) for call in whole.tool_calls or ()]
        if len(finished) == len(made):
            assert content == (whole.content or "")


@pytest.mark.parametrize(
    "text",
    [
        '{"name":text',  # the reason quotes no more than what shows that it is none
        f"```json\n{' ' * 63}{CALL}",
        f"<tool_call>{' ' * 64}{CALL}",
        '{"x "a": [\n\n{"name": "b',
        '{"x": oops' + " " * 80 + f"\n{CALL}",
        f'"x": {" " * 70}{CALL}',
        *(f'[{" " * size}{{"a": 1}}, {CALL[1:-1]}]' for size in (20, 31, 61, 62, 70)),
    ],
)
def test_where_a_text_is_cut_never_matters_at_the_edges_of_what_is_looked_at(text: str) -> None:
    whole = parse(text)
    for pieces in (list(text), *(pieces_of(text, [cut]) for cut in range(len(text)))):
        _, message = streamed(pieces)
        assert (message, message.problem) == (whole, whole.problem)


def is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


@pytest.mark.parametrize("fmt", FORMATS, ids=lambda fmt: fmt.id)
@settings(max_examples=150, deadline=None)
@given(st.lists(calls, min_size=1, max_size=3), st.integers(1, 7))
def test_what_is_rendered_reads_back_from_pieces_of_any_size(fmt: Any, made: list[ToolCall], size: int) -> None:
    message = Message(role="assistant", tool_calls=made)
    span = fmt.spans([message])[0]
    text = fmt.render([message])[span.start : span.end]
    deltas, read = streamed(
        [text[place : place + size] for place in range(0, len(text), size)], stop_tokens=fmt.stop_tokens
    )
    wanted = [(call.function.name, call.function.arguments) for call in made]
    assert [(call.function.name, call.function.arguments) for call in read.tool_calls or ()] == wanted
    assert [(name, json.loads(written)) for name, written in joined(deltas)[1]] == wanted
    assert read.content is None
    assert read.problem is None


def test_a_call_streams_its_name_first_and_its_arguments_while_they_come() -> None:
    parser = StreamParser()
    assert parser.feed('[{"name": "look", "arguments": ') == []
    first, second = parser.feed('{"at":')
    assert first["tool_calls"][0]["function"] == {"name": "look", "arguments": ""}
    assert second["tool_calls"][0]["function"] == {"arguments": '{"at":'}
    (third,) = parser.feed(' "xy')
    assert third["tool_calls"][0] == {"index": 0, "function": {"arguments": ' "xy'}}
    assert parser.message.tool_calls is None
    parser.feed('"}')
    assert parser.message.tool_calls is not None  # before the list has ended


def test_prose_is_passed_on_at_once() -> None:
    parser = StreamParser(stop_tokens=("<|im_end|>",))
    assert [parser.feed(piece) for piece in ("Hello", " there", ". ", "1 < 2")] == [
        [{"content": "Hello"}],
        [{"content": " there"}],
        [{"content": "."}],
        [{"content": " 1 < 2"}],
    ]


def test_the_reason_why_a_call_broke_off_is_told_and_its_text_is_kept() -> None:
    deltas, message = streamed(['[{"name": "look", "argu', 'ments": {"at": "x'])
    assert message.tool_calls is None
    assert message.content == '[{"name": "look", "arguments": {"at": "x'
    assert "does not end" in (message.problem or "")
    assert joined(deltas) == ("", [("look", '{"at": "x')])


def test_what_comes_after_a_broken_call_and_a_whole_one_is_told_as_it_was_written() -> None:
    broken, more = '[{"name": "look", "arguments": {"at": "x"? and', f"\n\n{CALL[:-1]} {{ and"
    deltas, message = streamed([broken + more])
    content, made = joined(deltas)
    assert [name for name, _ in made] == ["look", "look"]
    assert content == "? and\n\n { and"
    assert message.content == broken + "\n\n { and"


@given(st.binary(max_size=200))
def test_any_bytes_are_read(data: bytes) -> None:
    streamed([data.decode("utf-8", errors="surrogateescape")])
    streamed(list(data.decode("latin-1")))
