from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamforge.domains.speech import asks_for_something, says


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("It is $1,100.00.", "1100"),
        ("It is $1,100", "1,100"),
        ("10 days", "10"),
        ("days: 10.", "10"),
        ("costs $10!", "10"),
        ("That is 49.50 euros", "49.5"),
        ("no visits yet", "visit"),
        ("Dr. Sokolova", "Dr. Sokolova"),
        ("slot S2249,", "S2249"),
        ("It is 10, 11 or 12", "10"),
        ("at 10:30.", "10:30"),
        ("on 2024-10-12.", "2024-10-12"),
        ("0.5", "0.50"),
        ("Smith, John", "smith john"),
        ("我在上海", "上海"),
        ("x (10)", "10"),
        ("No renewals.", "no renewals"),
        ("-10 degrees", "-10"),
        ("$10", "$10"),
        ("it's 10%", "10"),
        ("the visit's fee", "visit"),
        ("0 left", "0"),
        ("10\n", "10"),
        ("**10**", "10"),
        ("1234,567", "1234567"),
        ("room-10 free? 10.", "10"),
    ],
)
def test_a_value_is_said_however_it_is_written(text: str, value: str) -> None:
    assert says(text, value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$1,100", "10"),
        ("1,100", "100"),
        ("10.5", "10"),
        ("3.10", "10"),
        ("2024-10-12", "10"),
        ("V-10", "10"),
        ("10:30", "10"),
        ("S22490", "S2249"),
        ("visitor", "visit"),
        ("110", "10"),
        ("1,500 mg", "500 mg"),
        ("0.500 mg", "500 mg"),
        ("L10", "L1"),
        ("-10", "10"),
        ("10", "-10"),
        ("10", "100"),
        ("article", "art"),
        ("2024-10-12", "2024-10"),
        ("100.5", "00.5"),
    ],
)
def test_a_value_within_a_longer_word_or_number_is_not_said(text: str, value: str) -> None:
    assert not says(text, value)


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_a_number_says_itself_and_no_other(said: int, sought: int) -> None:
    assert says(f"That makes ${said:,}.00 in all.", str(sought)) == (said == sought)


@given(st.text(), st.text())
def test_any_text_is_searched_for_any_value(text: str, value: str) -> None:
    assert not says(text, value) or value.strip()


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("What is your card number?", True),
        ("I can do that. Please provide the booking's number.", True),
        ("Could you tell me which day suits you?", True),
        ("Can I have your name?", True),
        ("It is done. Is there anything else?", False),
        ("Your visit is cancelled. Can I help you with your other visits?", False),
        ("Your number is 5. Good bye!", False),
        ("", False),
    ],
)
def test_an_agent_that_waits_for_something_is_told_from_one_that_is_done(text: str, asks: bool) -> None:
    assert asks_for_something(text) is asks
