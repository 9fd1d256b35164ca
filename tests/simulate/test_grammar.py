from __future__ import annotations

import random
import re
from typing import Any

import pytest
import yaml

from lamforge.domains import load_domain
from lamforge.domains.speech import is_yes, mentions, withdraws
from lamforge.domains.starter import TEMPLATE
from lamforge.domains.wording import Wording, slots
from lamforge.simulate import Grammar, personas
from lamforge.simulate.grammar import HELD_OUT, TRAINING, Voice

VALUES = {"ask": "cancel order W102", "noun": "order number", "value": "W102", "details": ""}


@pytest.mark.parametrize("held_out", [False, True], ids=["training", "held-out"])
@pytest.mark.parametrize("persona", personas())
def test_a_yes_is_a_yes_and_nothing_else_is(persona: str, held_out: bool) -> None:
    voice = Voice(persona, 1, held_out=held_out)
    for _ in range(150):
        assert is_yes(voice.say("agree"))
        for act in ("change", "object", "withdraw", "decline"):
            assert not is_yes(voice.say(act, **VALUES)), act
        assert withdraws(voice.say("withdraw"))


@pytest.mark.parametrize("held_out", [False, True], ids=["training", "held-out"])
@pytest.mark.parametrize("persona", personas())
def test_whatever_the_style_values_stay_as_they_are(persona: str, held_out: bool) -> None:
    voice = Voice(persona, 2, held_out=held_out)
    for act in ("open", "detail", "give", "give_words", "correct", "change", "next", "hint"):
        for _ in range(20):
            said = voice.say(act, **VALUES)
            assert "W102" in said
            assert "<" not in said and "  " not in said


def phrases(rules: Any) -> set[str]:
    """All texts of a grammar but those that are made of other fragments' names alone."""
    if isinstance(rules, str):
        return {rules.lower()} if re.sub(r"<\w+\??>|\{\w+\}|\W", "", rules) else set()
    return set().union(*map(phrases, rules.values() if isinstance(rules, dict) else rules))


def test_not_one_phrase_of_the_held_out_words_is_among_those_of_training() -> None:
    training, held_out = (yaml.safe_load(path.read_text(encoding="utf-8")) for path in (TRAINING, HELD_OUT))
    assert phrases(held_out) & phrases(training) == set()
    acts = set(held_out["common"]) & set(training["common"])
    assert acts >= {act for act, texts in training["common"].items() if any("{" in text for text in texts)}


@pytest.mark.parametrize("folder", ["bundled/store", "bundled/airline", "bundled/clinic", "template"])
def test_held_out_words_of_a_domain_are_others_and_for_everything_that_people_say(folder: str) -> None:
    own, other = (
        Wording.model_validate(yaml.safe_load((TEMPLATE.parent / folder / name).read_text(encoding="utf-8")))
        for name in ("wording.yaml", "wording-held-out.yaml")
    )
    assert {name: said.ask for name, said in own.tools.items()}.keys() == other.tools.keys()
    assert own.arguments.keys() == other.arguments.keys()
    assert not any(set(own.ask(name)) & set(other.ask(name)) for name in own.tools)
    assert not any(set(own.nouns(name)) & set(other.nouns(name)) for name in own.arguments)
    for kind in ("questions", "values"):
        before, after = getattr(own, kind), getattr(other, kind)
        assert {name: set(said) for name, said in before.items()} == {name: set(said) for name, said in after.items()}
        assert not any(set(before[n][m]) & set(after[n][m]) for n in before for m in before[n]), kind
    domain = load_domain(TEMPLATE.parent / folder)
    for name, said in other.tools.items():
        known = set(domain.parameters[name]["properties"])
        assert {slot for phrase in said.ask for slot in slots(phrase)} <= known | {"name"}, name


@pytest.mark.parametrize("folder", ["bundled/store", "bundled/airline", "bundled/clinic", "template"])
def test_small_talk_tells_no_value_that_a_teacher_would_hear(folder: str) -> None:
    domain = load_domain(TEMPLATE.parent / folder)
    values = {(name, value) for name, known in domain.wording.values.items() for value in known}
    for schema in domain.parameters.values():
        for name, parameter in schema["properties"].items():
            values |= {(name, value) for value in parameter.get("items", parameter).get("enum", [])}
    texts = phrases(yaml.safe_load(TRAINING.read_text(encoding="utf-8")))
    heard = {phrase for name, value in values for phrase in domain.wording.phrases(name, value)}
    assert heard and [(phrase, text) for phrase in heard for text in texts if mentions(text, phrase)] == []


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


def test_unknown_words_stand_for_those_that_tell_nothing_and_never_in_an_answer() -> None:
    said: dict[str, list[str]] = {act: [] for act in ("give", "detail", "agree", "change", "withdraw")}
    for seed in range(60):
        voice = Voice("plain", seed, coin=lambda rng: rng.choice(("zorvek", "plimo")))
        for act, texts in said.items():
            texts.append(voice.say(act, **VALUES))
    assert all("W102" in text for act in ("give", "detail", "change") for text in said[act])
    for act, texts in said.items():
        strange = sum("zorvek" in text.lower() or "plimo" in text.lower() for text in texts)
        assert strange == 0 if act in ("agree", "change", "withdraw") else 10 < strange < 50, act
    assert any(text.startswith(("Zorvek", "Plimo")) for text in said["give"])
    assert all(is_yes(text) for text in said["agree"])


@pytest.mark.parametrize("act", ["unknown", "hint", "correct"])
def test_what_tells_something_has_unknown_words_at_most_before_it(act: str) -> None:
    voice = Voice("plain", 4, coin=lambda rng: "zorvek")
    said = [voice.say(act, **VALUES) for _ in range(200)]
    before = re.compile(r"^(zorvek ?)+( -|[,.!:]) ", re.I)
    assert 30 < sum(bool(before.match(text)) for text in said) < 90
    assert all("zorvek" not in before.sub("", text).lower() for text in said)
    going_on = [text[found.end() :] for text in said if (found := before.match(text)) and found[2] not in ".!"]
    assert going_on and all(re.match(r"[^A-Z]|I\b|W102", text) for text in going_on)


def test_unknown_words_take_no_part_of_a_word() -> None:
    voice = Voice("plain", 5, coin=lambda rng: "zorvek")
    said = " ".join(voice.say(act, **VALUES) for _ in range(400) for act in ("open", "story", "give"))
    assert said.count("zorvek") > 100 and "'t" in said
    assert not re.search(r"zorvek(?=['\w])|(?<=['\w])zorvek", said)
