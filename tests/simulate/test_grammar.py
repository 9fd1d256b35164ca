from __future__ import annotations

import random

import pytest

from lamforge.domains.speech import is_yes, withdraws
from lamforge.simulate import Grammar, personas
from lamforge.simulate.grammar import Voice

VALUES = {"ask": "cancel order W102", "noun": "order number", "value": "W102", "details": ""}


@pytest.mark.parametrize("persona", personas())
def test_a_yes_is_a_yes_and_nothing_else_is(persona: str) -> None:
    voice = Voice(persona, 1)
    for _ in range(150):
        assert is_yes(voice.say("agree"))
        for act in ("change", "object", "withdraw", "decline"):
            assert not is_yes(voice.say(act, **VALUES)), act
        assert withdraws(voice.say("withdraw"))


@pytest.mark.parametrize("persona", personas())
def test_whatever_the_style_values_stay_as_they_are(persona: str) -> None:
    voice = Voice(persona, 2)
    for act in ("open", "detail", "give", "give_words", "correct", "change", "next", "hint"):
        for _ in range(20):
            said = voice.say(act, **VALUES)
            assert "W102" in said
            assert "<" not in said and "  " not in said


def test_people_differ_in_how_much_they_say_and_how_they_write() -> None:
    def words(persona: str) -> float:
        voice = Voice(persona, 3)
        return sum(len(voice.say("open", **VALUES).split()) for _ in range(200)) / 200

    assert words("artist") > 1.5 * words("engineer")
    assert all(Voice("nightowl", n).say("open", **VALUES)[0].islower() for n in range(20))


def test_fragments_are_composed_and_what_may_be_left_out_is() -> None:
    grammar = Grammar({"hello": ["Hi,", "Hey,"]}, {"open": ["<hello?> I want {x} ."], "hello": ["Dear Sir,"]})
    said = {grammar.compose("open", random.Random(n), 0.5) for n in range(40)}
    assert said == {"Hi, I want {x}.", "Hey, I want {x}.", "I want {x}."}
