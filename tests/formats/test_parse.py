from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamforge.formats.parse import parse

CALL = '{"name": "look", "arguments": {"where": "]} [{", "n": [1, {"name": "x", "arguments": {}}]}}'
ARGUMENTS = {"where": "]} [{", "n": [1, {"name": "x", "arguments": {}}]}


@pytest.mark.parametrize(
    ("text", "content"),
    [
        (f"[{CALL}]", None),
        (CALL, None),
        (f"\n\n[ {CALL} ]\n", None),
        (f"I will look. [{CALL}]", "I will look."),
        (f"[{CALL}] Done.", "Done."),
        (f"```json\n[{CALL}]\n```", None),
        (f"Here:\n```\n[{CALL}]\n```\nSo.", "Here:\n\nSo."),
        (f"<tool_call>\n{CALL}\n</tool_call>", None),
        (f"[TOOL_CALLS][{CALL}]", None),
        (f"<think>hm [1]</think>\n\n[{CALL}]", "<think>hm [1]</think>"),
        (CALL.replace('"arguments": {"where"', '"parameters": {"where"'), None),
        (json.dumps(json.loads(f"[{CALL}]"), indent=2), None),
    ],
)
def test_a_call_is_found_in_every_notation(text: str, content: str | None) -> None:
    message = parse(text)
    assert [call.function.name for call in message.tool_calls or ()] == ["look"]
    assert message.tool_calls is not None
    assert message.tool_calls[0].function.arguments == ARGUMENTS
    assert message.content == content


def test_several_blocks_are_several_calls() -> None:
    message = parse(f"<tool_call>{CALL}</tool_call>\n<tool_call>{CALL}</tool_call>")
    assert [call.id for call in message.tool_calls or ()] == ["call_0", "call_1"]


@pytest.mark.parametrize(
    "text",
    [
        "See [the docs](https://example.com) {now}.",
        "Numbers: [1, 2, 3] and [].",
        '```json\n{"colour": "red"}\n```',
        '```python\nx = [{"a": 1}]\n```',
        '{"name": "no arguments"}',
        '{"name": 5, "arguments": {}}',
        '{"name": "x", "arguments": "text"}',
        "",
    ],
)
def test_what_is_no_call_stays_content(text: str) -> None:
    message = parse(text)
    assert message.tool_calls is None
    assert message.content == text.strip()


@pytest.mark.parametrize(
    "text",
    [
        '[{"name": "look", "arguments": {"a": ',
        "<tool_call>{",
        '[{"name": "x", "arguments": {"a": NaN}}]',
        '[{"name": "\\ud800", "arguments": {}}]',
    ],
)
def test_a_broken_call_is_content_with_the_reason(text: str) -> None:
    message = parse(text)
    assert message.tool_calls is None
    assert message.problem is not None


def test_unknown_tools_and_wrong_arguments_are_noted_on_the_call() -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    tools = [{"name": "count", "parameters": schema}]
    message = parse('[{"name": "count", "arguments": {"n": "5"}}, {"name": "fly", "arguments": {}}]', tools)
    problems = [call.problems for call in message.tool_calls or ()]
    assert "integer" in problems[0][0]
    assert "unknown tool 'fly'" in problems[1][0]


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    parse(text).as_dict()


@given(
    st.lists(
        st.sampled_from(
            [
                "[",
                "{",
                '"',
                "]",
                "}",
                '"name"',
                ": ",
                '"arguments"',
                "{}",
                "x",
                ", ",
                "```json",
                "<tool_call>",
                "\\",
                "\n",
            ]
        ),
        max_size=40,
    )
)
def test_any_arrangement_of_the_notations_pieces_is_read(pieces: list[str]) -> None:
    parse("".join(pieces)).as_dict()


@pytest.mark.parametrize(
    "piece", ["[", "[ ", '{"a":', '[{"name":', "[{", '{"name": "x", "arguments": ', "```json\n", "<tool_call>"]
)
def test_adversarial_repetition_is_read_as_content(piece: str) -> None:
    assert parse(piece * (300_000 // len(piece))).tool_calls is None
