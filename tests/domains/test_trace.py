from __future__ import annotations

import pytest

from lamforge.domains import Call, Domain, Trace
from lamforge.domains.speech import is_yes, mentions
from lamforge.messages import Message


def _trace(library: Domain, asked: str, answer: str) -> tuple[Trace, Call]:
    messages = [
        Message(role="user", content="Please renew L104."),
        Message(role="assistant", content=asked),
        Message(role="user", content=answer),
        Message(role="assistant", tool_calls=[]),
    ]
    call = Call("renew_loan", "write", {"loan_id": "L104"}, {}, None, 3)
    return Trace(messages, [call], library.base), call


@pytest.mark.parametrize(
    ("asked", "answer", "confirmed"),
    [
        ("You want to renew L104. Shall I go ahead?", "Yes, please.", True),
        ("You want to renew L104. Shall I go ahead?", "No, wait.", False),
        ("You want to renew L105. Shall I go ahead?", "Yes.", False),
        ("You want to renew L1045. Shall I go ahead?", "Yes.", False),
        ("I will renew L104 now.", "Yes.", False),
        ("You want to renew L104. Shall I go ahead?", "Actually yes, but another one.", False),
    ],
)
def test_a_call_is_confirmed_by_a_yes_to_its_own_summary(
    library: Domain, asked: str, answer: str, confirmed: bool
) -> None:
    trace, call = _trace(library, asked, answer)
    assert trace.confirmed(call) is confirmed


@pytest.mark.parametrize(
    ("asked", "confirmed"),
    [
        ("You want to change your branch to north. Shall I go ahead?", True),
        ("You want to change your branch. Shall I go ahead?", False),
    ],
)
def test_every_value_that_the_user_gave_is_confirmed_words_too(library: Domain, asked: str, confirmed: bool) -> None:
    messages = [
        Message(role="user", content="Please make north my branch."),
        Message(role="assistant", content=asked),
        Message(role="user", content="Yes."),
        Message(role="assistant", tool_calls=[]),
    ]
    call = Call("change_branch", "write", {"member_id": "M1", "branch": "north"}, {}, None, 3)
    assert Trace(messages, [call], library.base).confirmed(call) is confirmed


def test_the_initial_state_cannot_be_changed_by_a_rule(library: Domain) -> None:
    trace, _ = _trace(library, "", "")
    trace.initial["loans"]["L100"]["status"] = "burnt"
    assert trace.initial["loans"]["L100"] == library.base.tables["loans"]["L100"]


@pytest.mark.parametrize("text", ["Yes.", "yep", "Sure, go ahead", "That's right"])
def test_an_agreement_is_a_yes(text: str) -> None:
    assert is_yes(text)


@pytest.mark.parametrize("text", ["No.", "yes... no, wait", "I don't know", "Tuesday", ""])
def test_anything_else_is_no_yes(text: str) -> None:
    assert not is_yes(text)


def test_a_number_is_not_found_inside_another() -> None:
    assert mentions("order W12, two items", "w12")
    assert not mentions("order W123", "W12")
    assert not mentions("10234", 1023)
    assert mentions("items 4 and 5.", ["4", "5"])


def test_what_the_agent_said_is_looked_for_between_two_calls_or_until_the_user_speaks(library: Domain) -> None:
    messages = [
        Message(role="assistant", content="It is 5 euros."),
        Message(role="assistant", tool_calls=[]),
        Message(role="tool", content="7"),
        Message(role="assistant", content="It is 7 euros. Shall I go ahead?"),
        Message(role="user", content="9 were better, but yes."),
        Message(role="assistant", content="Let us say 8."),
        Message(role="assistant", tool_calls=[]),
    ]
    quote = Call("quote", "read", {}, 7, None, 1)
    renewal = Call("renew_loan", "write", {"loan_id": "L104"}, {}, None, 6)
    trace = Trace(messages, [quote, renewal], library.base)
    assert [value for value in (5, 7, 8, 9) if trace.agent_said(value, after=quote, before=renewal)] == [7, 8]
    assert [value for value in (5, 7, 8, 9) if trace.agent_said(value, after=quote)] == [7]
