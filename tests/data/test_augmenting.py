"""Variants: what was right stays right and learnt as it was; refusals and questions stand where they are right."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.data.talks import ORDERS, agent, call, cancelling, result, talk, user

from lamforge.data import read_trajectories, write_trajectories
from lamforge.data.augmenting import Augmentation, augment
from lamforge.data.augmenting.arranging import Pool, distracted, shuffled
from lamforge.data.augmenting.asking import asking
from lamforge.data.augmenting.framing import FRAMES, framed, unframed
from lamforge.data.augmenting.refusing import refusing
from lamforge.data.augmenting.renaming import Renaming, draw_renaming, renamed
from lamforge.data.augmenting.rewording import first_task, reworded
from lamforge.data.augmenting.tables import distractors, table
from lamforge.data.augmenting.variants import Variants
from lamforge.data.checking import faults
from lamforge.errors import DataError
from lamforge.messages import Message, Rating, Trajectory, canonical_json
from lamforge.tools import bare, check_tool

ALL = Augmentation(copies=3, names=1, descriptions=1, distractors=1, refuse=1, ask=1)


def variants(trajectory: Trajectory, settings: Augmentation = ALL) -> list[Trajectory]:
    return list(Variants(settings, Pool()).of(trajectory))


def said(trajectory: Trajectory) -> list[str]:
    return [canonical_json(message.as_dict()) for message in trajectory.messages]


def asked(*messages: Message, tools: list[dict[str, Any]] = ORDERS) -> Trajectory | None:
    return asking(talk(*messages, tools=tools), random.Random(0))


def refused(*messages: Message, tools: list[dict[str, Any]] = ORDERS) -> Trajectory | None:
    return refusing(talk(*messages, tools=tools), random.Random(0))


@pytest.fixture(scope="module")
def several(conversations: Path) -> list[Trajectory]:
    return list(read_trajectories(conversations))


def test_marks_stand_around_what_users_say_and_nothing_else_changes(several: list[Trajectory]) -> None:
    only = Augmentation(copies=6, order=0, names=0, descriptions=0, distractors=0, query=1, refuse=0, ask=0)
    begun: set[str] = set()
    for original in several[:6]:
        for made in variants(original, only):
            assert made.provenance["augmented"]["by"] == ["query"]
            for before, after in zip(original.messages, made.messages, strict=True):
                same = before.role != "user"
                assert (before == after) is same
                assert (before.content or "") in (after.content or "")
                begun |= set() if same else {(after.content or "").split(before.content or "")[0]}
            assert said(unframed(made)) == said(original)
            assert framed(made, random.Random(0)) is None  # once is enough
    assert begun == {before for before, _ in FRAMES}


def test_every_variant_of_verified_conversations_is_sound_and_says_how_it_was_made(several: list[Trajectory]) -> None:
    made = [(original, each) for original in several for each in variants(original)]
    assert len(made) >= 3 * len(several)
    assert len({each.trajectory_id for _, each in made}) == len(made)
    for original, each in made:
        assert faults(each) == []
        assert each.task_id == original.task_id
        record = each.provenance["augmented"]
        assert record["from"] == original.trajectory_id
        if not {"refuse", "ask"} & set(record["by"]):
            assert _back(each, record) == said(original)


def _back(variant: Trajectory, record: dict[str, Any]) -> list[str]:
    """The messages with the names brought back that the record says were changed."""
    names = record.get("renamed", {"tools": {}, "parameters": {}})
    return said(renamed(variant, Renaming(names["tools"], names["parameters"]).inverse()))


def test_no_variant_is_made_of_an_item_of_a_benchmark(tmp_path: Path) -> None:
    write_trajectories(tmp_path / "in.jsonl", [cancelling(), cancelling("W1", provenance={"benchmark": "tau-bench"})])
    with pytest.raises(DataError, match=r"in\.jsonl:2: is an item of a benchmark"):
        augment([tmp_path / "in.jsonl"], tmp_path / "out.jsonl", ALL)
    assert not (tmp_path / "out.jsonl").exists()


def test_the_same_seed_gives_the_same_variants_whatever_stands_around_them(several: list[Trajectory]) -> None:
    alone = variants(several[3])
    maker = Variants(ALL, Pool())
    amid = [list(maker.of(trajectory)) for trajectory in several[:6]][3]
    assert alone == amid
    assert variants(several[3], ALL.model_copy(update={"seed": 1})) != alone


@given(st.integers(0, 2**32))
def test_names_are_changed_wherever_they_stand_and_can_be_brought_back(seed: int) -> None:
    system = Message(role="system", content="Call get_order first; cancel_order takes its order_id.")
    original = cancelling()
    original = original.model_copy(update={"messages": [system, *original.messages[1:]]})
    renaming = draw_renaming(original, random.Random(seed))
    if renaming is None:
        return
    changed = renamed(original, renaming)
    names = {str(bare(tool)["name"]) for tool in changed.tools}
    called = {c.function.name for m in changed.messages for c in m.tool_calls or ()}
    assert called <= names
    assert {m.name for m in changed.messages if m.role == "tool"} <= names
    text = changed.messages[0].content or ""
    assert renaming.tools["get_order"] in text
    assert renaming.parameters["cancel_order"]["order_id"] in text
    assert faults(changed) == []
    assert renamed(changed, renaming.inverse()) == original


def test_parameters_of_a_schema_that_speaks_of_them_elsewhere_keep_their_names() -> None:
    tool = {"name": "find", "parameters": {"type": "object", "properties": {"city": {}}, "dependentRequired": {}}}
    found = [draw_renaming(talk(user("Hi."), tools=[tool]), random.Random(seed)) for seed in range(20)]
    assert all(renaming is None or "find" not in renaming.parameters for renaming in found)


@given(st.integers(0, 2**32))
def test_an_order_holds_the_same_tools(seed: int) -> None:
    made = shuffled(cancelling(), random.Random(seed))
    assert sorted(canonical_json(tool) for tool in _sorted(made.tools)) == sorted(
        canonical_json(tool) for tool in _sorted(ORDERS)
    )


def _sorted(tools: list[dict[str, Any]]) -> list[Any]:
    """The tools with their lists of required parameters in order."""
    bared = [bare(tool) for tool in tools]
    return [{**t, "parameters": {**t["parameters"], "required": sorted(t["parameters"]["required"])}} for t in bared]


@given(st.integers(0, 2**32))
def test_descriptions_say_it_in_other_words_and_keep_what_is_quoted(seed: int) -> None:
    tool = {"name": "x", "description": "Get an order, such as 'one such as W1'.", "parameters": {"type": "object"}}
    made = reworded(talk(user("Hi."), tools=[tool]), random.Random(seed))
    if made is not None:
        assert "'one such as W1'" in made.tools[0]["description"]
        assert made.tools[0]["description"] != tool["description"]


def test_a_tool_that_distracts_is_like_none_and_nothing_that_the_user_speaks_of() -> None:
    close = {"name": "find_shop_hours", "description": "Find the opening hours of the nearest shop."}
    spoken = {"name": "paint_piano", "description": "Paint it."}
    pool = Pool([talk(user("Hi."), tools=[close, spoken])])
    original = talk(user("Is there a shop in Lyon? My piano is there."), call("find_shop", city="Lyon"))
    drawn = [distracted(original, random.Random(seed), pool) for seed in range(200)]
    added = {bare(tool)["name"] for each in drawn if each for tool in each.tools} - {"find_shop"}
    assert len(added) > 10
    assert not added & {"find_shop_hours", "paint_piano", "tune_piano"}


def test_without_the_tool_a_refusal_is_right() -> None:
    made = refused(user("Please find a shop in Lyon."), call("find_shop", city="Lyon"))
    assert made is not None
    assert [bare(tool)["name"] for tool in made.tools] == ["get_order", "cancel_order"]
    assert made.messages[-1].role == "assistant"
    assert "find the nearest shop in a city" in str(made.messages[-1].content)
    assert made.verdict.policy is None


def test_a_tool_is_not_taken_away_where_another_might_do() -> None:
    look = call("get_order", order_id="W1")
    assert refused(user("Please cancel order W1."), look) is None  # cancel_order is closer to what is said
    assert refused(user("Please help me."), call("find_shop", city="Lyon")) is None  # nothing is said of it
    found = call("find_shop", city="Lyon")
    both = [
        user("Find a shop in Lyon, then cancel W1."),
        found,
        result(found, "{}"),
        call("cancel_order", order_id="W1"),
    ]
    assert refused(*both) is None
    assert refused(user("Hi."), agent("Shall I find a shop?"), user("Yes, a shop in Lyon."), found) is None
    assert refused(user("Find a shop in Lyon."), found, tools=ORDERS[2:]) is None  # no tool would be left


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Please find me a shop in Lyon.", "Please find me a shop."),
        ("I am in Lyon, is there a shop?", None),  # "I am, is there" is no sentence
        ("Lyon, please!", None),
        ("Is there a shop near Lyon, or in Lyon itself?", None),
        ("I want a shop for my aunt from Lyon, please.", "I want a shop for my aunt, please."),
        ("I like Lyon shops, find one for me.", None),
    ],
)
def test_a_value_is_left_out_where_the_rest_is_still_a_sentence(text: str, left: str | None) -> None:
    made = asked(user(text), call("find_shop", city="Lyon"))
    assert (made and made.messages[0].content) == left
    if made is not None:
        assert "the city" in str(made.messages[-1].content)
        assert len(made.messages) == 2


def test_a_value_that_something_else_tells_is_not_asked_for() -> None:
    system = Message(role="system", content="All customers of this shop live in Lyon.")
    assert asked(system, user("Please find me a shop in Lyon."), call("find_shop", city="Lyon")) is None


def test_conversations_with_faults_have_no_variants(tmp_path: Path) -> None:
    wrong = talk(user("Look at W1."), call("get_order", order_id="W2"))
    path = tmp_path / "in.jsonl"
    write_trajectories(path, [wrong, cancelling(reward=0)])
    made = augment([path], tmp_path / "out.jsonl")
    assert made.variants == 0
    assert made.failed == {"the conversation has invented_value": 1, "the conversation failed (reward 0)": 1}


def test_originals_stand_before_their_variants_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    originals = [cancelling("W1001", rating=Rating(score=4)), cancelling("W1002")]
    write_trajectories(path, originals)
    made = augment([path], tmp_path / "out.jsonl", ALL)
    written = list(read_trajectories(tmp_path / "out.jsonl"))
    assert len(written) == 2 + made.variants
    assert written[0] == originals[0]
    assert {each.provenance["augmented"]["from"] for each in written[1:4]} == {originals[0].trajectory_id}
    augment([path], tmp_path / "only.jsonl", ALL, originals=False)
    assert list(read_trajectories(tmp_path / "only.jsonl")) == [each for each in written if each.provenance]
    same_task = [each for each in written if each.provenance and each.messages[-1] == originals[0].messages[-1]]
    assert {each.rating and each.rating.score for each in same_task} == {4}


def test_the_tables_are_sound() -> None:
    for tool in distractors():
        check_tool(tool)
    replies = table("replies")
    assert all("{task}" in text for text in replies["refusals"])
    assert all("{value}" in text for text in replies["questions"])
    assert all("{rest}" in text for text in table("descriptions")["frames"])
    names = [word for words in table("names").values() for others in words.values() for word in others]
    assert all(isinstance(word, str) and word.isidentifier() for word in names)
    assert first_task("Look up an order: its items.") == "look up an order"
    assert first_task("The order's id.") is None
