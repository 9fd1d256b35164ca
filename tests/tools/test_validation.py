"""Arguments against their schema: exactly the invalid ones are refused, and the messages say what to mend."""

from __future__ import annotations

import json
import random
import resource
from typing import Any, Literal, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from typing_extensions import NotRequired, TypedDict

from lamforge.errors import SchemaError
from lamforge.tools import ArgumentCheck, compile_validator, function_schema, validate_arguments, validation

ORDER = {
    "type": "object",
    "properties": {
        "order_id": {"type": "string"},
        "reason": {"anyOf": [{"type": "string", "enum": ["no longer needed", "mistake"]}, {"type": "null"}]},
        "count": {"type": "integer", "minimum": 1},
        "speed": {"type": "string", "enum": ["fast", "slow"]},
        "items": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"id": {"type": "string"}},
                "required": ["id"],
                "additionalProperties": False,
            },
        },
        "day": {"type": "string", "format": "date"},
    },
    "required": ["order_id"],
    "additionalProperties": False,
}
ALLOWED = "'order_id', 'reason', 'count', 'speed', 'items', 'day'"


@pytest.mark.parametrize(
    ("arguments", "messages"),
    [
        ({"order_id": "1"}, []),
        ({"order_id": "1", "reason": None, "items": [{"id": "a"}], "day": "2025-01-31"}, []),
        ({}, ["missing required argument 'order_id' (string)"]),
        ({"order_id": "1", "foo": 1}, [f"unknown argument 'foo'; allowed: {ALLOWED}"]),
        ({"order_id": 1}, ["argument 'order_id' must be a string; got the integer 1"]),
        ({"order_id": None}, ["argument 'order_id' must be a string; got null"]),
        ({"order_id": "1", "count": "5"}, ["argument 'count' must be an integer; got the string '5'"]),
        ({"order_id": "1", "count": True}, ["argument 'count' must be an integer; got true"]),
        (
            {"order_id": "1", "count": 0},
            ["argument 'count' does not fit: it is less than the minimum of 1; got the integer 0"],
        ),
        ({"order_id": "1", "speed": "c"}, ["argument 'speed' must be one of 'fast', 'slow'; got 'c'"]),
        ({"order_id": "1", "speed": 3}, ["argument 'speed' must be one of 'fast', 'slow'; got 3"]),
        ({"order_id": "1", "reason": "c"}, ["argument 'reason' must be one of 'no longer needed', 'mistake'; got 'c'"]),
        ({"order_id": "1", "reason": 3}, ["argument 'reason' must be a string or null; got the integer 3"]),
        ({"order_id": "1", "day": "soon"}, ["argument 'day' must be a date like 2025-01-31; got 'soon'"]),
        (
            {"order_id": "1", "items": [{"id": "a"}, {"id": 4, "z": 1}, {}]},
            [
                "argument 'items[1].id' must be a string; got the integer 4",
                "unknown argument 'items[1].z'; allowed: 'id'",
                "missing required argument 'items[2].id' (string)",
            ],
        ),
        ([], ["the arguments must be an object; got the list []"]),
    ],
)
def test_each_message_names_the_argument_and_what_is_expected(arguments: Any, messages: list[str]) -> None:
    assert validate_arguments(ORDER, arguments) == messages


def test_all_problems_come_in_the_order_of_the_schema_whatever_the_order_of_the_arguments() -> None:
    wrong = {"foo": 1, "day": "soon", "items": [{}], "speed": 1, "count": "x", "reason": 2, "bar": 2}
    expected = validate_arguments(ORDER, wrong)
    assert [m.split("'")[1] for m in expected] == [
        "order_id",
        "reason",
        "count",
        "speed",
        "items[0].id",
        "day",
        "bar",
        "foo",
    ]
    for seed in range(10):
        names = list(wrong)
        random.Random(seed).shuffle(names)
        assert validate_arguments(ORDER, {name: wrong[name] for name in names}) == expected


def test_of_several_alternatives_the_one_that_was_most_likely_meant_is_explained() -> None:
    card = {"type": "object", "properties": {"number": {"type": "string"}}, "required": ["number"]}
    cash = {"type": "object", "properties": {"cash": {"const": True}, "till": {"type": "integer"}}}
    cash["required"] = ["cash", "till", "clerk"]
    schema = {"properties": {"payment": {"anyOf": [{"type": "null"}, cash, card]}}}
    assert validate_arguments(schema, {"payment": {"number": 4}}) == [
        "argument 'payment.number' must be a string; got the integer 4"
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        {"x" * 10_000: 1},
        {f"x{i}": 1 for i in range(10_000)},
        {"order_id": ["y" * 100_000]},
        {"order_id": "1", "items": [{"z" * 5000: i} for i in range(1000)]},
        {"order_id": "1", "speed": "z" * 100_000},
    ],
)
def test_messages_stay_short_however_long_the_arguments_are(arguments: Any) -> None:
    messages = validate_arguments(ORDER, arguments)
    assert 1 <= len(messages) <= 21
    assert all(len(message) <= 500 for message in messages)


def test_a_long_list_of_choices_is_cut_and_says_how_much_is_left_out() -> None:
    schema = {"properties": {"n": {"enum": list(range(100))}}}
    assert validate_arguments(schema, {"n": -1})[0].endswith("18, 19 and 80 more; got -1")


def test_arguments_that_no_json_file_can_hold_are_a_problem_and_no_crash() -> None:
    deep: dict[str, Any] = {}
    for _ in range(5000):
        deep = {"a": deep}
    assert validate_arguments(ORDER, deep) == ["the arguments cannot be read: they are nested too deep"]
    assert "surrogates" in validate_arguments(ORDER, {"order_id": "1", "count": "\ud800"})[0]


def test_a_schema_with_true_and_false_for_schemas_is_explained_too() -> None:
    schema = {"properties": {"any": True, "none": False}, "required": ["any"]}
    assert validate_arguments(schema, {}) == ["missing required argument 'any'"]
    assert validate_arguments(schema, {"any": 1, "none": 2})[0].startswith("argument 'none' does not fit")


def test_patterns_run_in_linear_time_and_those_that_cannot_are_refused() -> None:
    hostile = {"properties": {"a": {"type": "string", "pattern": "^(a+)+$"}}}
    assert len(validate_arguments(hostile, {"a": "a" * 200_000 + "b"})) == 1
    with pytest.raises(SchemaError, match="regex"):
        compile_validator({"properties": {"a": {"pattern": "(?=a)a"}}})


@pytest.mark.parametrize("reference", ["http://127.0.0.1:9/schema", "file:///etc/hostname", "other.json", "#/$defs/no"])
def test_a_reference_to_anything_outside_the_schema_is_never_followed(reference: str) -> None:
    with pytest.raises(SchemaError, match="no usable JSON Schema"):
        validate_arguments({"properties": {"a": {"$ref": reference}}}, {"a": 1})


def test_a_schema_is_compiled_once() -> None:
    assert compile_validator(ORDER) is compile_validator(ORDER)
    assert compile_validator(dict(ORDER)) is compile_validator(ORDER)


def test_a_schema_that_changes_is_compiled_again() -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}}
    assert validate_arguments(schema, {"n": "5"})
    schema["properties"]["n"]["type"] = "string"
    assert not validate_arguments(schema, {"n": "5"})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.just(0.5) | st.sampled_from(["a", "b", "", "5"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "name"]), inner, max_size=3),
    max_leaves=8,
)


class Pair(TypedDict):
    __pydantic_config__ = {"extra": "forbid"}  # type: ignore[misc]  # noqa: RUF012
    a: int
    b: NotRequired[str]


def _annotations() -> st.SearchStrategy[Any]:
    plain = st.sampled_from([str, int, float, bool, Literal["a", "b"], Literal["a"], Pair])
    return st.recursive(
        plain,
        lambda inner: st.one_of(
            inner.map(lambda one: Optional[one]),  # noqa: UP045
            inner.map(lambda one: list[one]),  # type: ignore[valid-type]
            inner.map(lambda one: dict[str, one]),  # type: ignore[valid-type]
        ),
        max_leaves=3,
    )


def _tool(annotation: Any) -> dict[str, Any]:
    def probe(name: str) -> None:
        """Probe."""

    probe.__annotations__ = {"name": annotation}
    return function_schema(probe)["function"]["parameters"]


@given(_annotations(), JSON)
def test_what_passes_is_exactly_what_pydantic_reads_strictly_as_the_annotated_type(annotation: Any, value: Any) -> None:
    try:
        TypeAdapter(annotation).validate_json(json.dumps(value), strict=True)
        fits = True
    except ValidationError:
        fits = False
    messages = validate_arguments(_tool(annotation), {"name": value})
    assert (messages == []) == fits, messages
    assert all("'name" in message for message in messages)


@given(st.dictionaries(st.sampled_from([*ORDER["properties"], "foo"]), JSON))
def test_a_mended_call_passes(arguments: dict[str, Any]) -> None:
    """Taking out what the messages complain about and adding what they miss leaves nothing to complain about."""
    for message in validate_arguments(ORDER, arguments):
        name = message.split("'")[1].split("[")[0].split(".")[0]
        if message.startswith("missing") and name == "order_id":
            arguments["order_id"] = "1"
        else:
            arguments.pop(name, None)
    arguments.setdefault("order_id", "1")
    assert validate_arguments(ORDER, arguments) == []


def test_compiled_schemas_are_kept_up_to_a_number_of_bytes_whatever_was_sent() -> None:
    for number in range(40):
        compile_validator({"properties": {f"p{number}": {"type": "string", "pattern": "^[a-c]{9000}$"}}})
        compile_validator({"properties": {f"p{number}_{index}": {} for index in range(2000)}})
        assert validation._CACHE.bytes_kept <= validation._CACHED
    assert validation._CACHE.bytes_kept > validation._CACHED // 4


def test_what_is_wrong_with_long_arguments_is_said_without_looking_at_every_violation() -> None:
    """4,000 violations that each quote the arguments took gigabytes."""
    names = [f"p{number}" for number in range(4000)]
    schema = {"properties": {name: {"type": "integer"} for name in names}, "required": names}
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert validate_arguments(schema, {"big": ["x"] * 50_000}) == ["missing required argument 'p0' (integer)"]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 256 << 10  # KiB
    assert len(validate_arguments(schema, {"big": ["x"]})) == 21


def test_one_check_serves_many_calls() -> None:
    check = ArgumentCheck(ORDER)
    for arguments in ({"order_id": "1"}, {"order_id": 1, "count": "x"}, {}):
        assert check.problems(arguments) == validate_arguments(ORDER, arguments)
        assert check.fits(arguments) is not bool(check.problems(arguments))
