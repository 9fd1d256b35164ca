"""Values that are made up for a schema fit it, whatever the schema."""

from __future__ import annotations

import random
import re
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamforge.generate.single.patterns import UnknownPatternError, text_for
from lamforge.generate.single.sample_texts import described_examples
from lamforge.generate.single.values import NoValueError, ValueSampler
from lamforge.generate.single.vocabulary import kind_of
from lamforge.tools import validate_arguments

SCALARS = st.one_of(
    st.sampled_from(
        [
            {"type": "string"},
            {"type": "boolean"},
            {"type": "string", "format": "date"},
            {"type": "string", "format": "email"},
            {"type": "string", "format": "uuid"},
            {"type": "string", "pattern": "^[A-Z]{2}-[0-9]{3}$"},
            {"type": ["number", "null"], "minimum": 0.5},
            {"enum": ["red", 5, None]},
            {"const": "v2"},
            {"anyOf": [{"type": "null"}, {"type": "integer", "minimum": 100}]},
            {"$ref": "#/$defs/Place"},
        ]
    ),
    st.integers(-(10**6), 10**6).flatmap(
        lambda low: st.integers(low, low + 10**6).map(lambda top: {"type": "integer", "minimum": low, "maximum": top})
    ),
    st.integers(1, 50).map(lambda step: {"type": "integer", "multipleOf": step, "minimum": 7}),
    st.floats(-100, 100).map(lambda low: {"type": "number", "exclusiveMinimum": low, "maximum": low + 3}),
)
SCHEMAS = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        inner.map(lambda items: {"type": "array", "items": items, "maxItems": 4}),
        inner.map(lambda one: {"type": "object", "properties": {"one": one, "two": one}, "required": ["one"]}),
    ),
    max_leaves=5,
)
NAMES = st.sampled_from(["city", "order_id", "pickupDate", "max_price", "x", "participants", "is_gift", "zip", "age"])
DEFS = {"Place": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}


@given(SCHEMAS, NAMES, st.integers(0, 100))
def test_a_value_fits_its_schema(schema: dict[str, Any], name: str, seed: int) -> None:
    root = {"type": "object", "properties": {name: schema}, "$defs": DEFS}
    value = ValueSampler(root, random.Random(seed)).draw(name, schema)
    assert validate_arguments(root, {name: value}) == []


@pytest.mark.parametrize("schema", [{"type": "object"}, {"type": "string", "pattern": "^(?!a)b$"}, {"not": {}}])
def test_what_nothing_is_known_for_is_said(schema: dict[str, Any]) -> None:
    with pytest.raises(NoValueError, match="filter"):
        ValueSampler({}, random.Random(0)).draw("filter", schema)


@given(st.integers(0, 1000))
def test_texts_fit_plain_patterns(seed: int) -> None:
    for pattern in (r"^[A-Z]{3}$", r"\d{4}-[a-f0-9]{2,5}", r"^(foo|ba[rz])+\.?x*$", r"#?[A-Za-z_][\w-]{0,5}", r"a\\b"):
        assert re.fullmatch(pattern, text_for(pattern, random.Random(seed)))


@given(st.text("()[]{}|*+?^$\\.a1-,", max_size=30), st.integers(0, 10))
def test_any_pattern_gives_a_text_or_is_refused(pattern: str, seed: int) -> None:
    with suppress(UnknownPatternError):
        assert len(text_for(pattern, random.Random(seed))) <= 400


def test_a_pattern_that_would_take_forever_is_refused() -> None:
    with pytest.raises(UnknownPatternError):
        text_for("((((){300}){300}){300}){300}", random.Random(0))


@pytest.mark.parametrize(
    ("description", "examples"),
    [
        ('The order, such as "W10234".', ["W10234"]),
        ("A code, e.g. SEW-210.", ["SEW-210"]),
        ("Either 'asc' or 'desc'.", ["asc", "desc"]),
        ("The customer's name.", []),
    ],
)
def test_examples_are_found_in_descriptions(description: str, examples: list[str]) -> None:
    assert described_examples(description) == examples


@pytest.mark.parametrize(
    ("name", "description", "kind"),
    [
        ("departureCity", "", "city"),
        ("first_name", "", "first_name"),
        ("airline_name", "", "airline"),
        ("name", "", "person"),
        ("order_id", "", "code"),
        ("x", "The city to search.", "city"),
        ("zzz", "", None),
    ],
)
def test_what_an_argument_holds_is_told_by_its_name(name: str, description: str, kind: str | None) -> None:
    assert kind_of(name, description) == kind
