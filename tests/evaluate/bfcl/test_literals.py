"""Literals of Java and JavaScript, as BFCL reads them."""

from __future__ import annotations

from typing import Any

import pytest

from lamforge.evaluate.bfcl.java import java_value
from lamforge.evaluate.bfcl.javascript import javascript_value


@pytest.mark.parametrize(
    ("text", "kind", "inner", "value"),
    [
        ("12", "integer", None, 12),
        ("12", "long", None, "12"),
        ("12L", "long", None, 12),
        ("1.5f", "float", None, 1.5),
        ("1.5", "float", None, "1.5"),
        ("1e3", "double", None, 1000.0),
        ("true", "boolean", None, True),
        ("True", "boolean", None, "True"),
        ("new int[]{1, 2}", "Array", "integer", [1, 2]),
        ('new String[]{"a"}', "Array", "String", ['"a"']),
        ("new int[]{1,\n2}", "Array", "integer", "new int[]{1,\n2}"),
        ('new ArrayList<>(Arrays.asList("a", "b"))', "ArrayList", "String", ["a", "b"]),
        ("new ArrayList<Integer>() {{ add(1); add(2); }}", "ArrayList", "integer", [1, 2]),
        ("new ArrayList<>() {{ }}", "ArrayList", "String", []),
        ('new HashMap<String, Object>() {{ put("a", 1); put("b", "c"); }}', "HashMap", None, {"a": 1, "b": "c"}),
        ("new HashMap<>()", "HashMap", None, {}),
        ("anything", "HashMap", None, "anything"),
    ],
)
def test_a_java_literal_has_the_value_that_bfcl_gives_it(text: str, kind: str, inner: str | None, value: Any) -> None:
    assert java_value(text, kind, inner) == value


@pytest.mark.parametrize(
    ("text", "kind", "inner", "value"),
    [
        ("'a'", "String", None, "a"),
        ("12n", "Bigint", None, 12),
        ("[1, 2]", "array", "integer", [1, 2]),
        ("new Array('a', \"b\")", "array", "String", ["a", "b"]),
        ("[[1, 2], [3]]", "array", None, [[1, 2], [3]]),
        ("[[1, 2], [3]", "array", None, ["[1", 2]),
        ("{a: 1, 'b': [true]}", "dict", None, {"a": 1, "b": [True]}),
        ("{}", "dict", None, {}),
        ("f(x)", "dict", None, "f(x)"),
    ],
)
def test_a_javascript_literal_has_the_value_that_bfcl_gives_it(
    text: str, kind: str, inner: str | None, value: Any
) -> None:
    assert javascript_value(text, kind, inner) == value


@pytest.mark.parametrize("opening", ["new HashMap<>() {", "new ArrayList<>() {{", "new int[] {", "[[a],", "{a:", "[["])
@pytest.mark.parametrize("filling", [" ", "[a],", 'put("a",', "}", "]", ":,"])
def test_texts_that_a_backtracking_pattern_would_never_finish_are_read(opening: str, filling: str) -> None:
    text = opening + filling * (4000 // len(filling))
    for kind in ("HashMap", "ArrayList", "Array"):
        java_value(text, kind, "String")
    for kind in ("dict", "array"):
        javascript_value(text, kind, "String")
