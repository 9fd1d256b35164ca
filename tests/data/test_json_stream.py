"""Documents are read element by element, whatever the size of the pieces they come in."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamforge.data import json_stream
from lamforge.data.json_stream import JsonStream
from lamforge.data.record_files import records
from lamforge.errors import DataError

PATH = Path("x.json")
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


class Dripping(io.StringIO):
    """A file that gives a few characters at a time."""

    def read(self, size: int | None = -1) -> str:
        return super().read(3)


@given(st.lists(VALUES, max_size=5), st.sampled_from([None, 1]))
def test_a_list_gives_its_elements_however_it_comes(values: list[Any], indent: int | None) -> None:
    text = json.dumps(values, indent=indent)
    assert list(JsonStream(Dripping(text), PATH).elements()) == values


@given(st.dictionaries(st.text(max_size=4), VALUES, max_size=4))
def test_an_object_gives_its_members(value: dict[str, Any]) -> None:
    stream = JsonStream(Dripping(json.dumps(value)), PATH)
    assert {key: stream.value() for key in stream.members()} == value


@pytest.mark.parametrize("text", ["[1, 2", "[1 2]", '["a', "[,]", "[" * 100_000, '{"a" 1}', ""])
def test_what_is_no_json_is_named_by_its_line(text: str) -> None:
    stream = JsonStream(io.StringIO(f"\n\n{text}"), PATH)
    with pytest.raises(DataError, match=r"x\.json:3: "):
        list(stream.members() if text.startswith("{") else stream.elements())


def test_no_more_than_an_element_is_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_stream, "MAX_ELEMENT", 200_000)
    many = "[" + ",".join(['"' + "a" * 1000 + '"'] * 1000) + "]"
    assert sum(1 for _ in JsonStream(io.StringIO(many), PATH).elements()) == 1000
    with pytest.raises(DataError, match="more than 200,000 characters"):
        list(JsonStream(io.StringIO('["' + "a" * 1_000_000), PATH).elements())


def test_one_object_over_several_lines_is_one_record(tmp_path: Path) -> None:
    path = tmp_path / "one.json"
    path.write_text(json.dumps({"a": [1, 2]}, indent=2))
    assert [value for _, value in records(path)] == [{"a": [1, 2]}]
    path.write_text("\n")
    assert list(records(path)) == []
