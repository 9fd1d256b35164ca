"""The hand-written test of models on tools of fields that no corpus of lamforge names: is it sound?"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import lamforge
from lamforge.evaluate.calls import load_cases
from lamforge.evaluate.calls.records import Checked, ExpectedCall
from lamforge.grounding import Text, leaves
from lamforge.near_duplicates import near_duplicates

CASES = load_cases(Path(__file__).parent)  # which checks all schemas, and that each expected call fits its own


def parameters_of(checked: Checked, name: str) -> dict[str, Any]:
    return next(tool["function"]["parameters"] for tool in checked.offered if tool["function"]["name"] == name)


def untraced(checked: Checked, call: ExpectedCall) -> list[Any]:
    """The values of a call that the query does not say: neither in its words nor, for numbers and dates, in others.

    Choices of the schema are said in other words, and a switch in none.
    """
    said = Text(checked.case.query)
    found = []
    properties = parameters_of(checked, call.name)["properties"]
    for place, name, value, schema in leaves(call.arguments, properties):
        if isinstance(value, bool) or "enum" in schema:
            continue
        below = -value if isinstance(value, int | float) else value  # "14 degrees down", "take 10 off"
        if not {said.source(value, name, schema), said.source(below, name, schema)} & {"query", "form"}:
            found.append((place, value))
    return found


def test_there_are_as_many_cases_of_each_sort_as_documented() -> None:
    assert Counter(checked.case.group for checked in CASES) == {
        "one call": 130,
        "several calls": 20,
        "refuse": 25,
        "ask": 25,
    }


def test_there_are_about_eighty_tools_each_offered_called_and_in_the_way_elsewhere() -> None:
    offered = {tool["function"]["name"] for checked in CASES for tool in checked.offered}
    called = Counter(call.name for checked in CASES for call in checked.case.calls or ())
    assert len(offered) == 83
    assert offered == set(called)
    assert {1, 2, 5, 8} <= {len(checked.offered) for checked in CASES} <= set(range(1, 9))


@pytest.mark.parametrize("checked", [each for each in CASES if each.case.calls], ids=lambda each: each.case.id)
def test_every_value_can_be_known_from_the_query(checked: Checked) -> None:
    assert [value for call in checked.case.calls or () for value in untraced(checked, call)] == []


RESERVED = (
    r"beekeep\w*|apiar\w+|hives?|observator\w+|telescopes?|planetarium|wine cellars?|ski ?lifts?|avalanches?|"
    r"aquariums?|archer\w*|kilns?|cemeter\w+|graves?|seed banks?|harbou?r pilots?|tides?|podcasts?|escape rooms?|"
    r"lighthouses?|blood donat\w+|stamp auctions?|cheese ?making|caves?|caving|falcon\w*|tattoo\w*|"
    r"translation bureaus?|3d print\w*|community radio|snow ?plow\w*|foraging|regattas?|chess tournaments?|"
    r"marathon timing|wedding bands?|theatre stages?"
)


@pytest.mark.parametrize("suffix", ["yaml", "json", "jsonl", "py"])
def test_what_lamforge_writes_data_from_names_none_of_these_fields_and_tools(suffix: str) -> None:
    tools = {tool["function"]["name"] for checked in CASES for tool in checked.offered}
    names = "|".join(sorted(re.escape(name) for name in tools))
    reserved = re.compile(rf"\b({RESERVED}|{names})\b", re.IGNORECASE)
    root = Path(lamforge.__file__).parent
    for path in root.rglob(f"*.{suffix}"):
        if "recipes" in path.parts:  # which name them to leave out what does
            continue
        found = {match[0] for match in reserved.finditer(path.read_text(encoding="utf-8"))}
        assert not found, f"{path.relative_to(root)} names {sorted(found)}"


def test_no_two_queries_are_alike() -> None:
    queries = [checked.case.query.lower().split() for checked in CASES]
    assert len({" ".join(query) for query in queries}) == len(queries)
    assert [place for place in near_duplicates(queries) if place is not None] == []
