"""The scripted generator finds words for any tool, and what it says is what the checks find in it."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.generate.test_single_values import DEFS, NAMES, SCHEMAS

from lamforge.generate import Roles, Toolbox
from lamforge.generate.single.checks import examine
from lamforge.generate.single.phrasing import base_phrase, clause
from lamforge.generate.single.sampling import History, Sampler
from lamforge.generate.single.saying import Saying, Scribe
from lamforge.generate.single.scripted import ScriptedGenerator

DESCRIPTIONS = st.one_of(st.text(max_size=60), st.sampled_from(["Gets the weather.", "Age of {do} {all} a user", "("]))


@st.composite
def tools(draw: Any) -> dict[str, Any]:
    """A tool with arguments of any kind, described in any words."""
    properties = draw(st.dictionaries(NAMES, SCHEMAS, max_size=4))
    properties = {name: {**schema, "description": draw(DESCRIPTIONS)} for name, schema in properties.items()}
    required = draw(st.lists(st.sampled_from(sorted(properties)), unique=True)) if properties else []
    parameters = {"type": "object", "properties": properties, "required": required, "$defs": DEFS}
    name = draw(st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,15}", fullmatch=True))
    return {"name": name, "description": draw(DESCRIPTIONS), "parameters": parameters}


@settings(max_examples=60)
@given(st.lists(tools(), min_size=1, max_size=4, unique_by=lambda tool: tool["name"]), st.integers(0, 1000))
def test_any_tools_are_spoken_of_and_most_of_it_holds(given_tools: list[dict[str, Any]], seed: int) -> None:
    box = Toolbox(given_tools)
    scripted = ScriptedGenerator(box)
    usable = [name for name in box.names if name not in scripted.unusable]
    sampler = Sampler(box, Roles().single, usable)
    found = []
    for assignment in sampler.draw(random.Random(seed), History(), 20, 20, 1):
        for entry in scripted.write(assignment, set()):
            found.append(examine(box, assignment, entry, None).problem)
    assert found
    shape = [problem for problem in found if problem and problem.stage == "format" and problem.kind != "style"]
    assert [problem for problem in shape if problem.kind != "function named"] == []


@pytest.mark.parametrize(
    ("name", "description", "phrases"),
    [
        ("get_order", "Show an order with its items.", {"see an order", "look at an order", "check an order"}),
        ("x", "Returns the forecast for a city.", {"get the forecast for a city", "find out the forecast for a city"}),
        ("lend_tool", "Lends a tool.", {"lend a tool"}),
        ("enrol", "Enrol people in a course.", {"enrol people in a course"}),
        ("delete_note", "", {"delete the note", "remove the note"}),
        ("frobnicate", "", {"run frobnicate"}),
    ],
)
def test_a_description_becomes_what_a_person_wants(name: str, description: str, phrases: set[str]) -> None:
    drawn = {base_phrase({"name": name, "description": description}, random.Random(seed)) for seed in range(40)}
    assert {form for form, _ in drawn} == {"do"}
    assert {words for _, words in drawn} >= phrases


def test_a_description_that_is_a_thing_is_asked_for_as_one() -> None:
    tool = {"name": "opening_hours", "description": "Opening hours of the pool."}
    assert base_phrase(tool, random.Random(0)) == ("thing", "opening hours of the pool")


def test_values_stand_where_the_phrase_speaks_of_them() -> None:
    properties = {"order_id": {"type": "string"}, "city": {"type": "string"}, "days": {"type": "integer"}}
    parameters = {"type": "object", "properties": properties}
    tool = {"name": "send_order", "description": "Send an order to a city.", "parameters": parameters}
    scribe = Scribe()
    box = Toolbox([tool])
    rng = random.Random(0)
    arguments = {"order_id": "W17", "city": "Lima", "days": 3}
    made = clause(box, "send_order", arguments, Saying(box, rng, scribe), rng)
    assert scribe.written(made.words) == "send order W17 to Lima"
    assert made.rest == {"days": 3}
