"""The corpus over synthetic tools: every record is right, the same from its seed, and names nothing held out."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest

from lamforge.data.files import read_trajectories
from lamforge.errors import UsageError
from lamforge.generate.synthetic import Shares, generate_synthetic
from lamforge.generate.synthetic.conversation import conversation
from lamforge.generate.synthetic.phrases import Grammar
from lamforge.generate.synthetic.shares import Kinds
from lamforge.generate.synthetic.vocabulary import concepts
from lamforge.tools import check_tool, validate_arguments

_RESERVED = (
    "beekeep apiar beehive observator telescop winery winecellar theatre theater stage-light skilift ski-lift "
    "avalanche aquari archer pottery kiln cemeter gravestone chess seedbank seed-bank harbour-pilot harbor-pilot tide "
    "tidal podcast escape-room lighthouse blood-donat marathon stamp-auction philatel cheese caving spelunk "
    "cave-explor falcon planetari tattoo translation-bureau wedding 3d-print community-radio snowplow snow-plow "
    "mushroom regatta sailing"
).split()


@pytest.fixture(scope="module", params=[0.0, 1.0], ids=["own parameters", "and others"])
def records(request: pytest.FixtureRequest) -> list[dict[str, Any]]:
    return [conversation(5, number, Shares(extra=request.param)) for number in range(300)]


def test_every_call_is_valid_against_its_schema_and_every_tool_is_one(records: list[dict[str, Any]]) -> None:
    for record in records:
        tools = {tool["function"]["name"]: tool["function"] for tool in record["tools"]}
        assert len(tools) == len(record["tools"])
        for tool in record["tools"]:
            check_tool(tool)
        for message in record["messages"]:
            for call in message.get("tool_calls") or ():
                function = call["function"]
                assert not validate_arguments(tools[function["name"]]["parameters"], function["arguments"])


def test_strings_of_calls_are_said_by_the_user_unless_the_schema_gives_them_a_form(
    records: list[dict[str, Any]],
) -> None:
    def plain(text: str) -> str:  # options may stand in a description alone, in capitals or with hyphens
        return text.lower().replace("_", " ").replace("-", " ")

    checked = 0
    for record in records:
        schemas = {tool["function"]["name"]: tool["function"]["parameters"]["properties"] for tool in record["tools"]}
        said = ""
        for message in record["messages"]:
            if message["role"] == "user":
                said += "\n" + message["content"]
            for call in message.get("tool_calls") or ():
                for name, value in call["function"]["arguments"].items():
                    schema = schemas[call["function"]["name"]][name]
                    text = schema.get("description", "")
                    if (
                        isinstance(value, str)
                        and "enum" not in schema
                        and not any(form in text for form in ("YY", "MM", "ISO"))
                    ):
                        assert plain(value) in plain(said)
                        checked += 1
    assert checked > 300


def test_a_record_depends_on_its_seed_its_number_and_the_shares_alone() -> None:
    again = [conversation(5, number, Shares()) for number in (7, 3)]
    assert again == [conversation(5, number, Shares()) for number in (7, 3)]
    assert conversation(6, 7, Shares()) != again[0]


def test_records_in_a_row_share_their_tools_if_that_is_asked_for() -> None:
    shares = Shares(same_tools=4)
    found = [conversation(5, number, shares) for number in range(12)]
    tools = [json.dumps(record["tools"]) for record in found]
    assert [tools.count(each) for each in tools] == [4] * 12
    assert tools[0:4] == [tools[0]] * 4 and tools[4:8] == [tools[4]] * 4
    assert len({json.dumps(record["messages"]) for record in found}) == 12
    assert conversation(5, 6, shares) == found[6], "whatever was made before it"


def test_what_shared_tools_cannot_answer_gets_tools_of_its_own() -> None:
    several = dict.fromkeys(Kinds.model_fields, 0.0) | {"parallel_multiple": 1.0}
    shares = Shares(kinds=Kinds(**several), same_tools=8, one_tool=0.9, no_tools=0)
    made = [conversation(5, number, shares) for number in range(24)]
    assert all(len(record["tools"]) > 1 for record in made)


def test_all_kinds_of_exchange_come_up_and_shares_of_zero_do_not(records: list[dict[str, Any]]) -> None:
    found = {kind for record in records for kind in record["provenance"]["kinds"]}
    assert found == {
        "simple",
        "multiple",
        "parallel",
        "parallel_multiple",
        "follow_up",
        "irrelevant",
        "missing",
        "small_talk",
        "forced",
    }
    lean = Shares.model_validate(
        {
            "one_tool": 1,
            "no_tools": 0,
            "kinds": dict.fromkeys(("irrelevant", "missing", "small_talk", "parallel"), 0),
        }
    )
    kinds = {kind for number in range(40) for kind in conversation(1, number, lean)["provenance"]["kinds"]}
    assert kinds <= {"simple", "follow_up", "forced"}


def test_tools_with_parameters_beside_their_own_take_more_choices_flags_and_lists() -> None:
    def declared(extra: float) -> Counter[str]:
        records = [conversation(3, number, Shares(extra=extra)) for number in range(200)]
        tools = [tool["function"]["parameters"]["properties"] for record in records for tool in record["tools"]]
        return Counter("enum" if "enum" in schema else schema["type"] for tool in tools for schema in tool.values())

    own, more = declared(0), declared(1)
    for kind in ("enum", "boolean", "array"):
        assert more[kind] / more.total() > 1.4 * own[kind] / own.total(), kind


def test_conversations_keep_to_the_length_that_is_asked_for() -> None:
    for number in range(60):
        record = conversation(2, number, Shares(max_chars=900, lean=True))
        size = sum(len(json.dumps(tool)) - 30 for tool in record["tools"])
        assert size + sum(len(str(each.get("content") or each.get("tool_calls"))) for each in record["messages"]) <= 900


def test_as_many_fields_and_things_to_do_are_named_as_the_documents_say_and_none_of_those_held_out() -> None:
    assert len(concepts()) == 84
    assert round(sum(map(len, concepts().values())), -2) == 1300
    files = sorted((Path(__file__).parents[2] / "src/lamforge/generate/synthetic").rglob("*.yaml"))
    assert files
    for file in files:
        text = file.read_text(encoding="utf-8").lower()
        squeezed = text.replace("_", "-").replace(" ", "-")
        for word in _RESERVED:
            assert word not in text and word not in squeezed, f"{file.name}: {word}"


def test_no_two_concepts_of_a_field_are_the_same() -> None:
    for field, found in concepts().items():
        known = [(each.topic, each.names[0]) for each in found]
        assert len(known) == len(set(known)), field


def test_a_run_that_was_stopped_keeps_its_parts_and_ends_with_the_same_bytes(tmp_path: Path) -> None:
    def stop(done: int, total: int) -> None:
        if done < total:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        generate_synthetic(tmp_path / "stopped", items=1010, seed=8, progress=stop)
    part = tmp_path / "stopped/parts/000000000.jsonl"
    kept = part.read_bytes()
    generate_synthetic(tmp_path / "stopped", items=1010, seed=8)
    text = (tmp_path / "stopped/trajectories.jsonl").read_bytes()
    assert text.startswith(kept) and text.count(b"\n") == 1010
    assert not part.parent.exists()


def test_shards_make_the_records_of_the_whole_run_and_a_finished_run_is_left_alone(tmp_path: Path) -> None:
    whole = generate_synthetic(tmp_path / "whole", items=1200, seed=3)
    shards = [generate_synthetic(tmp_path / f"{each}", items=1200, seed=3, shard=(each, 2)) for each in range(2)]
    assert sum(each.records for each in shards) == whole.records == 1200
    text = (tmp_path / "whole/trajectories.jsonl").read_text(encoding="utf-8")
    assert text == "".join((tmp_path / f"{each}/trajectories.jsonl").read_text(encoding="utf-8") for each in range(2))
    assert len(list(read_trajectories(tmp_path / "whole"))) == 1200
    assert vars(generate_synthetic(tmp_path / "whole", items=1200, seed=3)) == vars(whole)
    with pytest.raises(UsageError, match="different seed"):
        generate_synthetic(tmp_path / "whole", items=1200, seed=4)
    assert whole.near_duplicates < 0.02 * whole.compared


def test_a_phrase_says_each_of_its_choices_and_leaves_unknown_slots() -> None:
    grammar = Grammar({"a": ["[x|y[1|2]] {v} <b>{w}"], "b": ["z"]})
    assert {grammar.say(Random(seed), "a", {"v": "V"}) for seed in range(60)} == {"x V z{w}", "y1 V z{w}", "y2 V z{w}"}
    with pytest.raises(ValueError, match="bracket"):
        Grammar({"a": ["[x|y"]})
    with pytest.raises(ValueError, match="no rule"):
        Grammar({"a": ["<b>"]})
