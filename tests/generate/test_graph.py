from __future__ import annotations

import random

import pytest

from lamforge.domains import Domain
from lamforge.generate import survey
from lamforge.generate.arguments import ArgumentSampler
from lamforge.generate.blueprint import dig, typo
from lamforge.generate.graph import Graph
from lamforge.generate.links import whole_numbers
from lamforge.generate.names import field_of, leaves, singular


@pytest.fixture(scope="module")
def graph(library: Domain) -> Graph:
    return Graph(library)


def test_it_finds_owners_identification_and_look_up(graph: Graph) -> None:
    assert (graph.owner, graph.owner_key) == ("members", "member_id")
    assert graph.identify == [("find_member", ["card_number"])]
    assert graph.lookup == {"loan_id": "get_loan"}


def test_the_owner_is_the_table_that_others_refer_to(library_copy) -> None:
    from lamforge.domains import load_domain

    (library_copy / "domain.yaml").write_text("name: x\ndescription: y\n")
    assert Graph(load_domain(library_copy)).owner == "members"


def test_habits_follow_from_the_rules_alone(library: Domain) -> None:
    habits = survey(library)
    assert habits.identified == habits.confirmed == {"renew_loan", "change_branch", "report_lost"}
    assert habits.writes == ["renew_loan", "change_branch", "report_lost"]


def test_arguments_exist_in_the_state_and_belong_to_the_owner(library: Domain, graph: Graph) -> None:
    owners = graph.owners("train")
    foreign = 0
    for number in range(200):
        rng = random.Random(number)
        owner = rng.choice(owners)
        loan = ArgumentSampler(graph, owner, owners, rng).sample("get_loan")["loan_id"]
        assert loan in library.base.tables["loans"]
        foreign += library.base.tables["loans"][loan]["member_id"] != owner
    assert 0 < foreign < 40  # now and then somebody asks for what is not theirs


def test_names_lead_to_fields() -> None:
    assert field_of("new_zip") == "zip"
    assert field_of("item_ids") == "item_id"
    assert singular("categories") == "category"
    assert singular("address") == "address"


def test_leaves_name_list_elements_in_the_singular() -> None:
    assert list(leaves({"tags": ["a", "b"], "x": {"y": 1}})) == [("tag", "a"), ("tag", "b"), ("y", 1)]


@pytest.mark.parametrize("value", ["W10234", "ada@example.com", "Ada", "7"])
def test_a_typing_error_changes_the_value(value: str) -> None:
    assert all(typo(value, random.Random(seed)) != value for seed in range(20))


def test_a_path_leads_through_objects_and_lists() -> None:
    value = {"items": [{"name": "lamp"}]}
    assert dig(value, "items.0.name") == "lamp"
    assert dig(value, "items.1.name") is None
    assert dig(value, "items.name") is None


@pytest.mark.parametrize(
    ("schema", "allowed"),
    [
        ({}, {1, 2, 3, 4, 5}),
        ({"minimum": 7}, {7, 8, 9, 10, 11}),
        ({"exclusiveMinimum": 7, "maximum": 9}, {8, 9}),
        ({"minimum": 1, "maximum": 9}, set(range(1, 10))),
        ({"maximum": 0}, {-4, -3, -2, -1, 0}),
        ({"minimum": 2.5, "exclusiveMaximum": 4}, {3}),
        ({"minimum": 2, "exclusiveMaximum": 2}, set()),
    ],
)
def test_numbers_are_drawn_within_the_bounds(schema: dict, allowed: set[int]) -> None:
    low, high = whole_numbers(schema)
    assert set(range(low, high + 1)) == allowed


def test_values_come_from_the_owners_of_the_split_or_from_nobody(library: Domain, graph: Graph) -> None:
    train = graph.owners("train")
    others = set(graph.tables["members"]) - set(train)
    sampler = ArgumentSampler(graph, train[0], train, random.Random(0))
    assert others
    assert not others & set(sampler.anywhere("member_id"))
    assert set(train) <= set(sampler.anywhere("member_id"))
