"""Calls and values as Python writes them are read like Python reads them, and never executed."""

from __future__ import annotations

import ast
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamforge.data.exchange.python_text import NotPython, read_calls, read_value

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_what_python_prints_is_read_as_python_reads_it(value: Any) -> None:
    assert read_value(repr(value)) == ast.literal_eval(repr(value)) == value


@given(st.text(alphabet="[](){}=,'\"\\ab1.-_ \n", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    for read in (read_value, read_calls):
        try:
            read(text)
        except NotPython as error:
            assert str(error)


@given(st.dictionaries(st.from_regex(r"[a-z_]{1,8}", fullmatch=True), VALUES, max_size=4))
def test_calls_are_read_with_their_arguments(arguments: dict[str, Any]) -> None:
    written = f"Market Trends API({', '.join(f'{k}={v!r}' for k, v in arguments.items())})"
    assert read_calls(f"[{written}, {written}]") == [("Market Trends API", arguments)] * 2
    assert read_calls(written) == [("Market Trends API", arguments)]


def test_a_known_name_may_hold_brackets_and_commas() -> None:
    name = "find (all, any)"
    assert read_calls(f"[{name}(x=1), f()]", [name, "find"]) == [(name, {"x": 1}), ("f", {})]


@pytest.mark.parametrize(
    "text", ["[" * 100_000, "{'a':" * 100_000, "__import__('os')", "f(x=g())", "1e9999" * 100, "'"]
)
def test_hostile_texts_are_refused(text: str) -> None:
    with pytest.raises(NotPython):
        read_value(text)


def test_jsons_words_are_values_too() -> None:
    assert read_calls('f(a=true, b=null, c=[false], d={"x": "\\u00e9"})') == [
        ("f", {"a": True, "b": None, "c": [False], "d": {"x": "é"}})
    ]
