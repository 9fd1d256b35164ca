from __future__ import annotations

from typing import Any

import pytest

from lamforge.domains.wording import ToolWording, Wording
from lamforge.generate.hearing import Hearing, turned
from lamforge.simulate import Goal

WORDING = Wording(
    tools={
        "cancel_order": ToolWording(
            ask=["cancel my order {order_id}", "tell you that I want no order", "not get what I ordered"],
            confirm="cancel order {order_id}, reason: {reason}",
        )
    },
    arguments={"order_id": ["order number"]},
    fields={"items.0.name": "first item"},
)
BOTH = {"order_id": "W1", "reason": "late"}


@pytest.mark.parametrize(
    ("said", "understood"),
    [
        ("W1 is late", "cancel order W1, reason: late"),
        ("It is W1", "cancel your order W1"),
        ("It came late", "not get what you ordered (reason late)"),
        ("Hello", "not get what you ordered"),
    ],
)
def test_as_much_as_was_heard_is_said_again_in_the_agents_words(said: str, understood: str) -> None:
    assert _wanted(said, Goal(tool="cancel_order", arguments=BOTH)) == understood


@pytest.mark.parametrize(
    ("question", "understood"),
    [
        ("items.0.name", "find out the first item (order number W1)"),
        ("status", "find out the status (order number W1)"),
    ],
)
def test_a_question_is_said_again_by_what_it_is_about(question: str, understood: str) -> None:
    assert _wanted("W1?", Goal(tool="get_order", arguments={"order_id": "W1"}, question=question)) == understood


def test_what_no_tool_does_is_not_said_again() -> None:
    order: dict[str, Any] = {"order_id": "W1"}
    goals = [
        Goal(wish="sell my order"),
        Goal(tool="give_back", arguments=order),
        Goal(tool="cancel_order", arguments=BOTH),
    ]
    assert _wanted("W1, late", *goals) == "give back (order number W1), and to cancel order W1, reason: late"


def _wanted(said: str, *goals: Goal) -> str:
    hearing = Hearing(WORDING)
    hearing.texts.append(said)
    return hearing.wanted(list(goals))


def test_an_agent_says_a_users_words_of_the_user_and_none_that_only_a_user_can_say() -> None:
    said = ["cancel my order", "speak with your staff", "add one like yours", "say who I am", "see to it myself"]
    assert turned(said) == ["cancel your order", "see to it yourself"]
