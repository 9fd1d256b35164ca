"""The short form of Schema-Guided Dialogue: what is cut, what is typed, what is not converted."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lamforge.data.exchange.draft import Unconvertible
from lamforge.data.exchange.sgd_lean import read

SLOTS = {
    "place": {"type": "string", "description": "Where to eat"},
    "seats": {"type": "string", "description": "How many", "enum": ["1", "2", "3", "dontcare"], "default": "2"},
    "outdoors": {"type": "string", "description": "Outside or not", "enum": ["True", "False"]},
}
PARAMETERS = {"type": "object", "properties": SLOTS, "required": ["place"]}
TOOL = {"name": "Meals_1_FindTable", "description": "Find a table. (All about meals)", "parameters": PARAMETERS}
TABLES = [
    {"place": "The Fig", "time": "19:00", "phone": "555-1234", "rating": "4"},
    {"place": "The Elm", "time": "20:00", "phone": "555-9999", "rating": "5"},
]


def _row(arguments: dict[str, str], answer: str, *acts: str, results: list[dict[str, str]] = TABLES) -> dict[str, Any]:
    call = {"method": "FindTable", "parameters": arguments}
    frame = {"service": "Meals_1", "service_call": call, "service_results": results}
    frame["actions"] = [{"act": act} for act in acts]
    turns = [
        {"speaker": "USER", "utterance": "A table outside at The Fig, please.", "frames": []},
        {"speaker": "SYSTEM", "utterance": answer, "frames": [frame]},
    ]
    tools = [{"type": "function", "function": TOOL}]
    dialogue = {"dialogue_id": "7_1", "services": ["Meals_1"], "turns": turns}
    return {"split": "train", "services": {"Meals_1": tools}, "dialogue": dialogue}


def _result(row: dict[str, Any]) -> Any:
    return json.loads(next(m.content or "" for m in read(row).messages if m.role == "tool"))


def test_values_have_types_and_what_restricts_nothing_is_left_out() -> None:
    draft = read(_row({"place": "The Fig", "seats": "dontcare", "outdoors": "True"}, "The Fig has one at 7 pm."))
    [call] = next(m.tool_calls for m in draft.messages if m.tool_calls)
    assert call.function.arguments == {"place": "The Fig", "outdoors": True}
    function = draft.tools[0]["function"]
    properties = function["parameters"]["properties"]
    assert call.function.name == function["name"] and function["description"] == "Find a table."
    assert (properties["seats"]["type"], properties["seats"]["enum"]) == ("integer", [1, 2, 3])
    assert properties["outdoors"]["type"] == "boolean"


def test_a_default_that_nobody_spoke_of_is_left_out() -> None:
    draft = read(_row({"place": "The Fig", "seats": "2"}, "The Fig has one at 7 pm."))
    [call] = next(m.tool_calls for m in draft.messages if m.tool_calls)
    assert call.function.arguments == {"place": "The Fig"}


def test_results_hold_what_is_spoken_of_in_whatever_words_and_how_many_there_were() -> None:
    result = _result(_row({"place": "The Fig"}, "The Fig has one at 7 pm, I found 2."))
    assert result == {"found": 2, "first": [{"place": "The Fig", "time": "19:00"}]}


def test_a_call_that_failed_by_the_assistants_own_words_has_an_error_for_a_result() -> None:
    assert "error" in _result(_row({"place": "The Fig"}, "That did not work.", "NOTIFY_FAILURE"))


def test_a_value_that_nobody_has_said_makes_a_dialogue_no_example() -> None:
    with pytest.raises(Unconvertible, match="place 'The Oak' was never said"):
        read(_row({"place": "The Oak"}, "The Oak has one."))


def test_a_dialogue_too_long_before_its_first_call_is_not_converted() -> None:
    row = _row({"place": "The Fig"}, "The Fig has one.")
    row["dialogue"]["turns"][0]["utterance"] += " I am so hungry." * 200
    with pytest.raises(Unconvertible, match="nothing is called"):
        read(row)
