from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lamforge.messages import Function, Message, ToolCall
from lamforge.pages import message_text, shortened


@given(st.text(max_size=30), st.integers(1, 20))
def test_what_is_cut_says_how_much_and_where_the_whole_is(text, limit):
    shown = shortened(text, limit, "rows.jsonl")
    if len(text) <= limit:
        assert shown == text
    else:
        assert shown.startswith(text[:limit])
        assert shown.endswith(f"… and {len(text) - limit} more characters; the whole is in rows.jsonl")


def test_long_messages_and_crowds_of_calls_are_cut_with_a_mark():
    calls = [ToolCall(function=Function(name="look", arguments={"at": "x" * 30_000}))] * 203
    shown = message_text(Message(role="assistant", content="y" * 21_000, tool_calls=calls), "rows.jsonl")
    assert shown["text"].endswith("… and 1,000 more characters; the whole is in rows.jsonl")
    assert shown["calls"][0].endswith("more characters; the whole is in rows.jsonl")
    assert shown["calls"][-1] == "… and 3 more calls"
    assert len(shown["calls"]) == 201
