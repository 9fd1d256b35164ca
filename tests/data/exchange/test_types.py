"""Python's names of types as JSON Schema, and back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamforge.data.exchange.tool_lists import listing_schema, tools_of
from lamforge.data.exchange.types import mended, python_type, schema_of
from lamforge.tools.untrusted import check_schema


@pytest.mark.parametrize(
    ("written", "schema", "optional"),
    [
        ("str", {"type": "string"}, False),
        ("int, optional", {"type": "integer"}, True),
        ("Optional[float]", {"type": "number"}, True),
        ("List[int]", {"type": "array", "items": {"type": "integer"}}, False),
        ("List[Union[int, float]]", {"type": "array", "items": {"type": ["integer", "number"]}}, False),
        ("Dict[str, List[bool]], optional", None, True),
        ("Tuple[int, str]", None, False),
        ("list", {"type": "array"}, False),
        ("dict", {"type": "object"}, False),
        ("str | None", {"type": "string"}, False),
        ("Any", {}, False),
    ],
)
def test_pythons_types_are_understood(written: str, schema: dict[str, Any] | None, optional: bool) -> None:
    found, is_optional, known = schema_of(written)
    assert (known, is_optional) == (True, optional)
    assert schema is None or found == schema
    check_schema({"type": "object", "properties": {"x": found}})


@pytest.mark.parametrize("written", ["Callable[[float], float]", "np.ndarray", "List[", "List[" * 100, "datetime"])
def test_a_type_that_is_not_understood_allows_anything_and_is_told(written: str) -> None:
    schema, _, known = schema_of(written)
    assert (known, schema.get("type", "array")) == (False, "array")
    told = listing_schema({"x": {"type": written, "description": "It."}})["properties"]["x"]["description"]
    assert told == f"It. ({written})"


@given(st.text(max_size=40))
def test_any_text_gives_a_schema(written: str) -> None:
    schema, _, _ = schema_of(written)
    check_schema({"type": "object", "properties": {"x": schema}})


@pytest.mark.parametrize("written", ["str", "int", "List[float]", "Dict[str, bool]", "Union[int, str]", "Any", "list"])
def test_a_type_goes_there_and_back(written: str) -> None:
    assert python_type(schema_of(written)[0]) == written
    assert python_type({"type": "string", "enum": ["a"]}) is None


def test_what_has_a_default_or_is_optional_is_not_required() -> None:
    listed = {"a": {"type": "str"}, "b": {"type": "int", "default": 3}, "c": {"type": "str, optional"}}
    schema = listing_schema(listed)
    assert schema["required"] == ["a"]
    assert schema["properties"]["b"] == {"type": "integer", "default": 3}


def test_schemas_with_others_names_of_types_are_mended() -> None:
    given = {
        "type": "dict",
        "properties": {"x": {"type": "float", "required": True}, "y": {"type": "list", "items": {"type": "String"}}},
        "required": None,
    }
    assert mended(given) == {
        "type": "object",
        "properties": {"x": {"type": "number"}, "y": {"type": "array", "items": {"type": "string"}}},
        "required": ["x"],
    }


def test_a_parameter_that_is_called_type_is_a_parameter() -> None:
    (tool,) = tools_of([{"name": "f", "parameters": {"type": {"type": "str"}, "size": {"type": "int"}}}])
    assert list(tool["function"]["parameters"]["properties"]) == ["type", "size"]
