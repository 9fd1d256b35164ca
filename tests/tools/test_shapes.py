"""The two shapes of a tool, and files of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lamforge.errors import DataError, SchemaError
from lamforge.tools import bare, load_tools, wrapped

INNER = {"name": "weather", "description": "The weather.", "parameters": {"type": "object", "properties": {}}}
OUTER = {"type": "function", "function": INNER}


def test_either_shape_turns_into_the_other_and_back() -> None:
    assert bare(OUTER) == bare(INNER) == INNER
    assert wrapped(INNER) == wrapped(OUTER) == OUTER
    assert bare(wrapped(INNER)) == INNER


@pytest.mark.parametrize("content", [[INNER], [OUTER], INNER, OUTER])
def test_a_file_may_hold_one_tool_or_a_list_in_either_shape(tmp_path: Path, content: Any) -> None:
    path = tmp_path / "tools.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    assert load_tools(path) == [OUTER]
    assert load_tools(str(path)) == [OUTER]


@pytest.mark.parametrize("content", ["{", "[" * 100_000, b"\xff\xfe", None])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: Any) -> None:
    path = tmp_path / "tools.json"
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DataError, match=r"tools\.json") as caught:
        load_tools(path)
    assert caught.value.remedy


def test_a_tool_that_cannot_be_used_is_named_by_file_and_index(tmp_path: Path) -> None:
    path = tmp_path / "tools.json"
    path.write_text(json.dumps([INNER, {"name": "two words"}]), encoding="utf-8")
    with pytest.raises(SchemaError, match=r"tools\.json, tool 1: .*two words"):
        load_tools(path)


def test_two_tools_of_one_name_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "tools.json"
    path.write_text(json.dumps([INNER, OUTER]), encoding="utf-8")
    with pytest.raises(SchemaError, match="tool 1: a second tool is called 'weather', like tool 0"):
        load_tools(path)
