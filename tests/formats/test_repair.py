"""Calls that are nearly right are mended on demand, and every mend is recorded."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamforge.formats import get_format
from lamforge.formats.parse import StreamParser, parse
from lamforge.formats.registry import known_formats

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
        (call('{"n": 1, "code": "x"')[:-2], {"n": 1, "code": "x"}, "cut off"),
        (call('{"n": 1, "tags": ["a", "b"')[:-2], {"n": 1, "tags": ["a", "b"]}, "cut off"),
        (call('{"tags": []')[:-2], {"tags": []}, "cut off"),
        (call('{"on": true')[:-2], {"on": True}, "cut off"),
        ("<tool_call>\n" + call('{"n": 1, "code": "x"')[1:-2], {"n": 1, "code": "x"}, "cut off"),
        ("<tool_call>\n" + call('"{\\"n\\": 3}"')[1:-1] + "\n</tool_call>", {"n": 3}, "wrapper"),
        ("```json\n" + call('"{\\"n\\": 3}"') + "\n```", {"n": 3}, "wrapper"),
        ('[TOOL_CALLS] [{"function": {"name": "act", "arguments": {"n": 3}}}]', {"n": 3}, "wrapper"),
    ],
)
def test_a_call_that_is_nearly_right_is_mended_and_says_so(text: str, arguments: dict[str, Any], repair: str) -> None:
    found, repairs, problems = mended(text)
    assert found == arguments
    assert any(repair in note for note in repairs)
    assert problems == []


@pytest.mark.parametrize(
    "cut",
    [
        '{"folder": "/tmp", "older_than": 3',  # 30?
        '{"folder": "/tmp", "older_than": 1.5e',
        '{"folder": "/tmp", "older_than":',
        '{"folder": "/tmp", "older',
        '{"folder": "/tmp", "older_than"',
        '{"folder": "/tmp",',
        '{"folder": "/tm',
        '{"folder": "/tmp\\',
        '{"only": ["a", "b',
        '{"only": ["a",',
        '{"only": [',
        '{"dry_run": tru',
        "{",
    ],
)
def test_a_call_is_not_closed_where_that_would_leave_something_out(cut: str) -> None:
    text = call(cut)[:-2].replace("act", "delete")
    for tools in (None, [{"name": "delete", "parameters": {"type": "object"}}]):
        mended_message = parse(text, tools, repair=True)
        assert mended_message == parse(text, tools)
        assert (mended_message.tool_calls, mended_message.content) == (None, text)
        assert mended_message.problem


values = st.recursive(
    st.none() | st.booleans() | st.integers(-99, 999) | st.text(alphabet='ab"\\é]}', max_size=4),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("xyz"), inner, max_size=2),
    max_leaves=4,
)


@given(st.dictionaries(st.sampled_from("abcd"), values, max_size=3), st.integers(0, 200))
def test_what_is_mended_begins_with_all_that_was_written(arguments: dict[str, Any], cut: int) -> None:
    text = json.dumps([{"name": "act", "arguments": arguments}])[:cut]
    calls = parse(text, repair=True).tool_calls or ()
    if any(found.repairs for found in calls):
        made = [{"name": found.function.name, "arguments": found.function.arguments} for found in calls]
        assert json.dumps(made).startswith(text.rstrip())


def test_a_list_is_taken_out_of_its_wrapper_only_if_all_of_it_is_calls() -> None:
    good = '{"function": {"name": "act", "arguments": {}}}'
    assert len(parse(f"[TOOL_CALLS][{good}, {good}]", repair=True).tool_calls or ()) == 2
    for other in ('{"function": {"name": 5}}', "7", '{"name": "act", "arguments": 3}'):
        text = f"[TOOL_CALLS][{good}, {other}]"
        assert parse(text, repair=True) == parse(text)


def test_a_value_of_an_allowed_type_stays_when_another_is_mended() -> None:
    schema = {"type": "object", "properties": {"id": {"type": ["string", "integer"]}, "n": {"type": "integer"}}}
    (found,) = (
        parse(call('{"id": "5", "n": "6"}'), [{"name": "act", "parameters": schema}], repair=True).tool_calls or ()
    )
    assert found.function.arguments == {"id": "5", "n": 6}


@pytest.mark.parametrize("text", ["NaN", "Infinity", "1e999"])
def test_no_number_that_json_has_not_is_made_of_a_string(text: str) -> None:
    assert mended(call(f'{{"x": "{text}"}}'))[1] == []


@pytest.mark.parametrize("unit", ['"a", ', '"\\n", ', "[], ", '{"x": ', "[", "1, "])
def test_the_work_grows_with_the_length_alone(unit: str) -> None:
    def seconds(count: int) -> float:
        text = '[{"name": "act", "arguments": {"tags": [' + unit * count
        return min(timed(lambda: parse(text, [TOOL], repair=True)) for _ in range(3))

    assert seconds(16_000) < 8 * seconds(4_000) + 0.05  # 16 times if it were quadratic


def timed(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


@pytest.mark.parametrize("arguments", ['{"n": "five"}', '{"n": "5.5"}', '{"on": "yes"}', '{"tags": "a"}', '{"y": 1}'])
def test_what_would_be_a_guess_stays_wrong_and_says_so(arguments: str) -> None:
    _, repairs, problems = mended(call(arguments))
    assert repairs == []
    assert problems


@pytest.mark.parametrize("name", known_formats())
def test_every_format_mends_on_demand(name: str) -> None:
    fmt = get_format(name)
    text = call('{"n": "5"}') + fmt.stop_tokens[0]
    parser = fmt.stream_parser([TOOL], repair=True)
    assert parser.feed(text) == []
    (delta,) = parser.close()
    assert delta["tool_calls"][0]["function"] == {"name": "act", "arguments": '{"n": 5}'}
    for message in (fmt.parse(text, [TOOL], repair=True), parser.message):
        (found,) = message.tool_calls or ()
        assert (found.function.arguments, len(found.repairs)) == ({"n": 5}, 1)


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
