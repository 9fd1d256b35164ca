"""Calls that are nearly right are mended on demand, and every mend is recorded."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamforge.formats.parse import StreamParser, parse

PROPERTIES = {
    "n": {"type": "integer"},
    "x": {"type": "number"},
    "on": {"type": "boolean"},
    "tags": {"type": "array", "items": {"type": "string"}},
    "code": {"type": "string"},
}
TOOL = {"name": "act", "parameters": {"type": "object", "properties": PROPERTIES, "additionalProperties": False}}


def mended(text: str) -> tuple[dict[str, Any], list[str], list[str]]:
    (call,) = parse(text, [TOOL], repair=True).tool_calls or ()
    return call.function.arguments, call.repairs, call.problems


def call(arguments: str) -> str:
    return f'[{{"name": "act", "arguments": {arguments}}}]'


@pytest.mark.parametrize(
    ("text", "arguments", "repair"),
    [
        (call('{"n": "5"}'), {"n": 5}, "made 5"),
        (call('{"x": "1.5"}'), {"x": 1.5}, "made 1.5"),
        (call('{"on": "true"}'), {"on": True}, "made true"),
        (call('{"tags": "[\\"a\\"]"}'), {"tags": ["a"]}, "made"),
        (call('{"code": 12}'), {"code": "12"}, 'made "12"'),
        (call('{"arguments": {"n": 3}}'), {"n": 3}, "wrapper"),
        (call('"{\\"n\\": 3}"'), {"n": 3}, "wrapper"),
        (call('{"n": 1, "code": "cut o')[:-2], {"n": 1}, "cut off"),
        (call('{"n": 1, "tags": ["a", "b')[:-2], {"n": 1, "tags": ["a"]}, "cut off"),
        (call('{"n": 1')[:-2], {}, "cut off"),
    ],
)
def test_a_call_that_is_nearly_right_is_mended_and_says_so(text: str, arguments: dict[str, Any], repair: str) -> None:
    found, repairs, problems = mended(text)
    assert found == arguments
    assert any(repair in note for note in repairs)
    assert problems == []


@pytest.mark.parametrize("arguments", ['{"n": "five"}', '{"n": "5.5"}', '{"on": "yes"}', '{"tags": "a"}', '{"y": 1}'])
def test_what_would_be_a_guess_stays_wrong_and_says_so(arguments: str) -> None:
    _, repairs, problems = mended(call(arguments))
    assert repairs == []
    assert problems


def test_without_repair_nothing_is_mended() -> None:
    (found,) = parse(call('{"n": "5"}'), [TOOL]).tool_calls or ()
    assert found.function.arguments == {"n": "5"}
    assert (found.repairs, len(found.problems)) == ([], 1)


def test_a_right_call_is_left_as_it_is() -> None:
    assert mended(call('{"n": 5}')) == ({"n": 5}, [], [])


def test_ordinary_json_is_not_made_a_call() -> None:
    text = '{"steps": [{"name": "act"}]} and [1, {"a": "b'
    assert parse(text, [TOOL], repair=True) == parse(text, [TOOL])


@given(st.integers(0, 120), st.integers(1, 9))
def test_mending_gives_the_same_from_pieces(cut: int, size: int) -> None:
    text = ("Well. " + call('{"n": "5", "tags": ["a", "b"], "code": "x \\" y"}'))[:cut]
    parser = StreamParser([TOOL], repair=True)
    deltas = [delta for place in range(0, len(text), size) for delta in parser.feed(text[place : place + size])]
    deltas += parser.close()
    whole = parse(text, [TOOL], repair=True)
    assert parser.message == whole
    assert len([delta for delta in deltas if "tool_calls" in delta]) == len(whole.tool_calls or ())
    assert parser.close() == []


@given(st.text(alphabet='[]{}":,name arguments0123tfn\\', max_size=60))
def test_any_text_can_be_mended_without_an_error(text: str) -> None:
    parse(text, [TOOL], repair=True)
    parse('[{"name": "act", "arguments": {' + text, [TOOL], repair=True)
