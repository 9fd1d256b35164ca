"""Criteria: each leaves out what it says, and says why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.data.talks import agent, call, cancelling, talk, user

from lamforge.data import Criteria, Selection, filter_files, read_trajectories, write_trajectories
from lamforge.errors import UsageError
from lamforge.messages import Finding, Rating, Trajectory, Verdict

GOOD = cancelling(rating=Rating(score=4.5), verdict=Verdict(format=True, policy=False))
BAD = cancelling(reward=0, rating=Rating(score=2, findings=[Finding(code="invented_value", message=2)]))
BARE = talk(user("Hello!"), agent("Hello, how can I help?"), reward=None, domain="hotel", ended="max_turns")


def left_out(**criteria: Any) -> list[str | None]:
    return [Criteria(**criteria).why_not(each) for each in (GOOD, BAD, BARE)]


@pytest.mark.parametrize(
    ("criteria", "reasons"),
    [
        ({}, [None, None, None]),
        ({"min_score": 4}, [None, "its score is below 4", "it is not rated"]),
        ({"without": ["invented_value"]}, [None, "it has invented_value", "it is not rated"]),
        ({"reward": [1]}, [None, "its reward is 0", "it is not judged"]),
        ({"reward": ["1", "unjudged"]}, [None, "its reward is 0", None]),
        ({"verdict": ["format"]}, [None, "format was not checked", "format was not checked"]),
        ({"verdict": ["policy"]}, ["policy is wrong", "policy was not checked", "policy was not checked"]),
        ({"domain": ["hotel", "airline"]}, ["it is of another domain", "it is of another domain", None]),
        ({"ended": ["stop"]}, [None, None, "it ended otherwise: 'max_turns'"]),
        ({"calls": ["cancel_order"]}, [None, None, "it calls none of the tools"]),
        ({"calls_none": ["cancel_order"]}, ["it calls cancel_order", "it calls cancel_order", None]),
        ({"offers": ["find_shop"]}, [None, None, None]),
        ({"offers": ["find_ship"]}, ["it offers none of the tools"] * 3),
        ({"words_none": ["hello", "sea lion"]}, [None, None, "it has the word 'hello'"]),
        ({"words_none": ["cancel"]}, ["it has the word 'cancel'"] * 3),
        ({"min_turns": 2}, [None, None, "it has fewer than 2 turns"]),
        ({"max_calls": 1}, ["it has more than 1 calls", "it has more than 1 calls", None]),
        ({"max_characters": 40}, ["it has more than 40 characters", "it has more than 40 characters", None]),
    ],
)
def test_a_criterion_leaves_out_what_does_not_meet_it(criteria: dict[str, Any], reasons: list[str | None]) -> None:
    assert left_out(**criteria) == reasons


def test_all_that_is_left_out_is_counted_by_its_first_reason() -> None:
    selection = Selection(Criteria(reward=["1", "unjudged"], min_score=4))
    assert list(selection.wanted([GOOD, BAD, BARE, BARE])) == [GOOD]
    assert selection.kept == 1
    assert selection.dropped == {"its reward is 0": 1, "it is not rated": 2}


def test_a_code_that_no_rule_has_is_refused() -> None:
    with pytest.raises(UsageError, match="Codes are: "):
        Selection(Criteria(without=["invented"]))


def test_what_is_left_out_stands_aside_with_the_reason(tmp_path: Path) -> None:
    several: list[Trajectory] = [GOOD, BAD, BARE]
    write_trajectories(tmp_path / "in.jsonl", several)
    made = filter_files([tmp_path / "in.jsonl"], tmp_path / "out.jsonl", Criteria(min_calls=1), tmp_path / "rest.jsonl")
    assert made.kept == 2
    assert list(read_trajectories(tmp_path / "out.jsonl")) == [GOOD, BAD]
    (rest,) = read_trajectories(tmp_path / "rest.jsonl")
    assert rest.provenance == {"left_out": "it has fewer than 1 calls"}
    assert rest.model_copy(update={"provenance": {}}) == BARE


def test_calls_are_counted_one_by_one() -> None:
    both = call("get_order", order_id="W1")
    both.tool_calls = [*(both.tool_calls or []), *(call("find_shop", city="Lyon").tool_calls or [])]
    assert Criteria(min_calls=2).why_not(talk(user("Both."), both)) is None
