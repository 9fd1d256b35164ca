from __future__ import annotations

from typing import Any

import pytest

from lamforge.domains.naming import named, plain_words
from lamforge.domains.wording import ToolWording, Wording


def _words(name: str, description: str, *arguments: str, wording: Wording | None = None) -> ToolWording:
    parameters: dict[str, Any] = {"type": "object", "properties": {argument: {} for argument in arguments}}
    tool = {"function": {"name": name, "description": description, "parameters": parameters}}
    return named(wording or Wording(), [tool]).tools[name]


def test_users_say_what_they_want_as_the_docstring_calls_it() -> None:
    words = _words("cancel_order", "Cancel an order that is being processed.", "order_id")
    assert words.ask == ["cancel my order", "cancel an order", "cancel order {order_id}", "cancel my order {order_id}"]
    assert words.confirm == "cancel your order"
    assert words.done == "I have cancelled your order."


def test_without_a_docstring_the_name_says_it() -> None:
    assert _words("resetPassword", "").ask[0] == "reset my password"


@pytest.mark.parametrize(
    ("name", "description", "ask"),
    [
        ("dogs_of", "List the dogs of a keeper.", "list my dogs"),
        ("opening_hours", "Returns the opening hours.", "see my opening hours"),
        ("status", "Show the status of a loan.", "show my status"),
        ("dogs_of", "", "see my dogs of"),
        ("process_refund", "Gives money back.", "process my refund"),
    ],
)
def test_where_the_name_has_no_verb_the_docstring_says_it(name: str, description: str, ask: str) -> None:
    assert _words(name, description).ask[0] == ask


def test_what_is_made_is_not_yet_the_users_own() -> None:
    assert _words("book_visit", "Book a free slot for a patient.").ask == ["book a free slot"]


def test_who_is_handed_over_wants_to_talk_to_a_person() -> None:
    words = _words("hand_over_to_person", "Hand the customer over to a person.")
    assert words.ask[0] == "talk to a person"
    assert words.done == "I have handed you over to a person."


def test_what_wording_says_goes_before() -> None:
    own = Wording(tools={"cancel_order": ToolWording(ask=["call it off"])})
    words = _words("cancel_order", "Cancel an order.", wording=own)
    assert words.ask == ["call it off"]
    assert words.done == "I have cancelled your order."


@pytest.mark.parametrize(
    ("name", "words"),
    [("order_id", "order number"), ("newZipCode", "new zip code"), ("id", "id"), ("e-mail", "e mail")],
)
def test_names_of_code_become_words(name: str, words: str) -> None:
    assert plain_words(name) == words


def test_questions_name_the_record() -> None:
    wording = Wording()
    assert wording.question("get_loan", "status", ["loan_id"]) == ["What is the status of my loan {loan_id}?"]
    assert wording.answer("get_loan", "renewals", ["loan_id"]) == "The renewals of loan {loan_id} are {value}."
