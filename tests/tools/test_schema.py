"""Schemas made from Python functions: what each kind of annotation becomes, and what is refused."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Optional

import pytest
from pydantic import BaseModel, Field, create_model
from typing_extensions import NotRequired, Required, TypedDict

from lamforge.errors import SchemaError
from lamforge.tools import argument_types, function_schema, validate_arguments


class Colour(enum.Enum):
    RED = "red"
    GREEN = "green"


class Item(TypedDict):
    item_id: Required[str]
    note: NotRequired[str]


@dataclass
class Point:
    x: int
    y: int = 0


class Address(BaseModel):
    street: str = Field(description="Street and number.")
    corner: Point


class Title(BaseModel):
    title: str
    settings: dict[str, int] = {"title": 1}


class Folder(BaseModel):
    name: str
    inside: list[Folder] = []


class Shop:
    """Stands for a domain's state: not for the model's eyes."""


def described(annotation: Any, **default: Any) -> dict[str, Any]:
    """The schema of the only parameter of a tool with this annotation."""

    def probe(value):
        """Probe."""

    probe.__annotations__ = {"value": annotation}
    if "default" in default:
        probe.__defaults__ = (default["default"],)
    return function_schema(probe)["function"]["parameters"]["properties"]["value"]


@pytest.mark.parametrize(
    ("annotation", "schema"),
    [
        (str, {"type": "string"}),
        (int, {"type": "integer"}),
        (float, {"type": "number"}),
        (bool, {"type": "boolean"}),
        (Literal["a", "b"], {"type": "string", "enum": ["a", "b"]}),
        (Literal[1, 2], {"type": "integer", "enum": [1, 2]}),
        (Colour, {"type": "string", "enum": ["red", "green"]}),
        (Optional[int], {"anyOf": [{"type": "integer"}, {"type": "null"}]}),  # noqa: UP045
        (int | None, {"anyOf": [{"type": "integer"}, {"type": "null"}]}),
        (list[str], {"type": "array", "items": {"type": "string"}}),
        (dict[str, float], {"type": "object", "additionalProperties": {"type": "number"}}),
        (
            Annotated[int, Field(ge=1, le=9, description="How many.")],
            {"type": "integer", "minimum": 1, "maximum": 9, "description": "How many."},
        ),
        (
            list[Item],
            {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"item_id": {"type": "string"}, "note": {"type": "string"}},
                    "required": ["item_id"],
                    "additionalProperties": False,
                },
            },
        ),
        (
            Address,
            {
                "type": "object",
                "properties": {
                    "street": {"type": "string", "description": "Street and number."},
                    "corner": {
                        "type": "object",
                        "properties": {"x": {"type": "integer"}, "y": {"type": "integer", "default": 0}},
                        "required": ["x"],
                        "additionalProperties": False,
                    },
                },
                "required": ["street", "corner"],
                "additionalProperties": False,
            },
        ),
    ],
)
def test_an_annotation_becomes_the_schema_of_its_json(annotation: Any, schema: dict[str, Any]) -> None:
    assert described(annotation) == schema


def test_a_field_called_title_stays_while_pydantics_titles_go() -> None:
    schema = described(Title)
    assert schema["properties"]["title"] == {"type": "string"}
    assert schema["properties"]["settings"]["default"] == {"title": 1}
    assert "title" not in schema


def test_a_recursive_type_keeps_its_reference_and_still_validates() -> None:
    def move(folder: Folder) -> None:
        """Move a folder."""

    parameters = function_schema(move)["function"]["parameters"]
    assert parameters["properties"]["folder"] == {"$ref": "#/$defs/Folder"}
    assert validate_arguments(parameters, {"folder": {"name": "a", "inside": [{"name": "b"}]}}) == []
    assert validate_arguments(parameters, {"folder": {"name": "a", "inside": [{}]}}) == [
        "missing required argument 'folder.inside[0].name' (string)"
    ]


def test_the_whole_tool_reads_as_the_function_does() -> None:
    def ship(state: Shop, order_id: str, parcels: int = 1, *, express: bool = False, note: str | None = None) -> dict:
        """Ship an order.

        Takes two days,
        or one by express.

        Args:
            order_id: The order's id,
                such as "#W1".
            express: Whether it is urgent.

        Returns:
            The order.
        """
        return {}

    tool = function_schema(ship)
    assert tool["type"] == "function"
    assert tool["function"]["name"] == "ship"
    assert tool["function"]["description"] == "Ship an order. Takes two days, or one by express."
    parameters = tool["function"]["parameters"]
    assert list(parameters) == ["type", "properties", "required", "additionalProperties"]
    assert list(parameters["properties"]) == ["order_id", "parcels", "express", "note"]
    assert parameters["required"] == ["order_id"]
    assert parameters["additionalProperties"] is False
    assert list(parameters["properties"]["express"].items()) == [
        ("type", "boolean"),
        ("description", "Whether it is urgent."),
        ("default", False),
    ]
    assert parameters["properties"]["order_id"]["description"] == 'The order\'s id, such as "#W1".'
    assert "default" not in parameters["properties"]["note"]


def test_the_state_is_hidden_by_its_name_or_by_its_class() -> None:
    def look(shop: Shop, name: str) -> str:
        """Look.

        Args:
            shop: Everything.
            name: Of a product.
        """
        return name

    hidden = ("state", Shop)
    assert list(function_schema(look, hidden)["function"]["parameters"]["properties"]) == ["name"]
    assert list(argument_types(look, hidden)) == ["name"]


def test_an_enum_default_is_written_as_its_value() -> None:
    assert described(Colour, default=Colour.GREEN)["default"] == "green"


def test_argument_types_turn_json_into_what_the_function_expects() -> None:
    def paint(where: Point, colour: Colour) -> None:
        """Paint."""

    types = argument_types(paint)
    assert types["where"].validate_python({"x": 1}) == Point(1, 0)
    assert types["colour"].validate_python("red") is Colour.RED


def _no_docstring(a: str) -> None: ...


def _no_annotation(a, b: str) -> None:
    """Say."""


def _star(*names: str) -> None:
    """Say."""


def _double_star(**names: str) -> None:
    """Say."""


def _no_schema(a: Callable[[], None]) -> None:
    """Say."""


def _wrong_default(count: int = "many") -> None:  # type: ignore[assignment]
    """Say."""


def _default_out_of_bounds(count: Annotated[int, Field(ge=1)] = 0) -> None:
    """Say."""


def _stranger(order_id: str) -> None:
    """Say.

    Args:
        order: No such parameter.
    """


def _unresolved(order: Unheard) -> None:  # type: ignore[name-defined]  # noqa: F821
    """Say."""


def _größe(a: str) -> None:
    """Say."""


@pytest.mark.parametrize(
    ("function", "named"),
    [
        (_no_docstring, "docstring"),
        (_no_annotation, "'a' has no annotation"),
        (_star, "'names' cannot be passed by name"),
        (_double_star, "'names' cannot be passed by name"),
        (_no_schema, "'a' has no JSON Schema"),
        (_wrong_default, "default of 'count'"),
        (_default_out_of_bounds, "default of 'count'"),
        (_stranger, "'order', which is no parameter"),
        (_unresolved, "Unheard"),
        (_größe, "cannot be called"),
    ],
)
def test_a_function_that_cannot_be_described_is_named_with_file_line_and_remedy(
    function: Callable[..., Any], named: str
) -> None:
    with pytest.raises(SchemaError, match=named) as caught:
        function_schema(function)
    line = function.__code__.co_firstlineno
    assert f"{__file__}:{line}" in str(caught.value)
    assert caught.value.remedy


def test_two_recursive_types_of_one_name_are_refused() -> None:
    other = create_model("Folder", above=("Folder | None", None))  # type: ignore[arg-type]
    other.model_rebuild(_types_namespace={"Folder": other})

    def move(a: str, b: str) -> None:
        """Move."""

    move.__annotations__ = {"a": Folder, "b": other}
    with pytest.raises(SchemaError, match="'b' uses a second type called 'Folder'"):
        function_schema(move)
