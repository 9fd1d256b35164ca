"""Values of a call are traced to the query; what cannot be traced was made up."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamforge.grounding import Text, date_in_words, in_words, is_among, numbers_in, one_error, trace

QUERY = (
    "Book a table for four on March 5th, 2026 at half past seven pm in New York City for Ana (ana.b@x.org), "
    "order W10-234, no gift wrap, degrees Celsius, budget 1,200.50 dollars, France"
)
UNITS = {"enum": ["celsius", "kelvin"]}


@pytest.mark.parametrize(
    ("value", "name", "schema", "source"),
    [
        ("New York City", "city", {}, "query"),
        ("new york city", "city", {}, "query"),
        ("ana.b@x.org", "email", {}, "query"),
        ("W10234", "order_id", {}, "query"),
        (4, "guests", {}, "form"),
        (1200.5, "budget", {}, "form"),
        ("2026-03-05", "date", {}, "form"),
        ("19:30", "time", {}, "form"),
        ("2026-03-05T19:30:00", "when", {}, "form"),
        ("NYC", "city", {}, "abbreviation"),
        ("FR", "country", {}, "abbreviation"),
        ("USD", "currency", {}, "abbreviation"),
        (False, "gift_wrap", {}, "words"),
        ("celsius", "unit", UNITS, "query"),
        ("table booking", "subject", {}, "words"),
        (9, "retries", {"default": 9}, "default"),
        ("v1", "version", {"const": "v1"}, "schema"),
        (None, "note", {}, "schema"),
    ],
)
def test_a_value_that_was_said_has_a_source(value: Any, name: str, schema: dict[str, Any], source: str) -> None:
    assert Text(QUERY).source(value, name, schema) == source


@pytest.mark.parametrize(
    ("value", "name", "schema"),
    [
        ("Paris", "city", {}),
        ("New York State", "region", {}),
        ("W10235", "order_id", {}),
        ("0234", "order_id", {}),
        (5.5, "guests", {}),
        ("2026-03-06", "date", {}),
        ("2025-03-05", "date", {}),
        ("20:30", "time", {}),
        (True, "express", {}),
        ("kelvin", "unit", UNITS),
        ("DE", "country", {}),
        ("bob@x.org", "email", {}),
        (9, "retries", {"default": 8}),
    ],
)
def test_a_value_that_was_not_said_has_none(value: Any, name: str, schema: dict[str, Any]) -> None:
    assert Text(QUERY).source(value, name, schema) is None


def test_values_inside_lists_and_objects_are_traced_with_their_paths() -> None:
    properties = {"guests": {"type": "array", "items": {"type": "object", "properties": {"name": {}, "vip": {}}}}}
    arguments = {"guests": [{"name": "Ana"}, {"name": "Bob"}]}
    assert trace(Text("Invite Ana and Bob"), arguments, properties) == (
        {"guests.0.name": "query", "guests.1.name": "query"},
        None,
    )
    _, wrong = trace(Text("Invite Ana"), arguments, properties)
    assert wrong == "guests.1.name: 'Bob' is neither in the query nor in the schema"


def test_typing_errors_are_forgiven_where_the_query_is_to_have_some_but_never_in_ids() -> None:
    query = "Please resreve the libary for order W1023"
    assert Text(query, misspelled=True).source("library", "room", {}) == "words"
    assert Text(query).source("library", "room", {}) is None
    assert Text(query, misspelled=True).source("W1024", "order_id", {}) is None


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("twenty-five apples", [25]),
        ("two hundred and fifty thousand", [250_000]),
        ("one and a half hours", [1.5, 90, 5400]),
        ("a dozen eggs", [12]),
        ("3k and 4.5 million", [3000, 4_500_000]),
        ("5%", [5, 0.05]),
        ("-3 degrees or minus four", [-3, -4]),
        ("33.8 S", [-33.8]),
        ("June 7, 2026 and seven hours", [7, 2026]),
    ],
)
def test_numbers_are_understood(text: str, numbers: list[float]) -> None:
    assert all(is_among(number, numbers_in(text)) for number in numbers)


@given(st.integers(0, 19), st.integers(-(10**9), 10**9), st.floats(0.001, 1e6))
def test_every_number_that_is_written_is_found(small: int, whole: int, real: float) -> None:
    found = numbers_in(f"{in_words(small)}; {whole:,}; {real:f}.")
    assert all(is_among(float(number), found) for number in (small, whole, float(f"{real:f}")))


@pytest.mark.parametrize(
    ("said", "time"),
    [
        ("At evening 6, please", "18:00"),
        ('2 o"clock in the afternoon', "14:00"),
        ("two in the afternoon", "14:00"),
        ("for the night at 10:15", "22:15"),
        ("this morning 9", "09:00"),
        ("pick it up at evening 4:30", "16:30"),
        ("around five pm", "17:00"),
        ("6:45 in the evening", "18:45"),
    ],
)
def test_the_part_of_the_day_tells_which_hour_is_meant(said: str, time: str) -> None:
    assert Text(said).source(time, "time", {}) == "form"
    assert Text(said).source("17:20", "time", {}) is None


@pytest.mark.parametrize(
    ("said", "city"), [("to SFO", "San Francisco"), ("in L.A.", "Los Angeles"), ("from Chi-town", "Chicago")]
)
def test_places_are_known_by_their_nicknames(said: str, city: str) -> None:
    assert Text(said).source(city, "city", {}) == "abbreviation"
    assert Text(said).source("San Diego", "city", {}) is None


@given(st.dates(), st.integers(0, 3), st.text(max_size=40))
def test_a_date_is_recognised_in_all_forms_in_which_it_is_said(date: Any, form: int, around: str) -> None:
    value = f"{date.year:04}-{date.month:02}-{date.day:02}"
    said = date_in_words(value, form)
    assert Text(f"{around} on {said}").source(value, "date", {}) is not None or date.year < 1000


@given(st.text(max_size=200), st.text(max_size=30))
def test_tracing_ends_for_any_text(query: str, value: str) -> None:
    Text(query, misspelled=True).source(value, "x", {})
    numbers_in(query)


@given(st.text("abcdef", min_size=2, max_size=8), st.data())
def test_one_error_is_recognised(word: str, data: Any) -> None:
    place = data.draw(st.integers(0, len(word) - 2))
    swapped = word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    for other in (word[:place] + word[place + 1 :], word[:place] + "x" + word[place:], swapped, word):
        assert one_error(word, other)
    assert not one_error(word, word + "xy")
