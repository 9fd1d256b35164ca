"""Composed domains say the same thing in many words: all of them about their own arguments, none of them held out."""

from __future__ import annotations

import random
import re

import pytest
import yaml

from lamforge.domains.starter import TEMPLATE
from lamforge.domains.wording import Wording, slots
from lamforge.generate.composed import phrasings as module
from lamforge.generate.composed.business import Business, businesses
from lamforge.generate.composed.parts import Part, Pen
from lamforge.generate.composed.phrasings import phrasings
from lamforge.generate.composed.questions import questions
from lamforge.generate.composed.sketch import sketch
from lamforge.generate.composed.tools_text import make_parts
from lamforge.generate.composed.wishes import phrases

KINDS = yaml.safe_load(module._FILE.read_text(encoding="utf-8"))
FOLDERS = ("bundled/store", "bundled/airline", "bundled/clinic", "template")


def every_tool(business: Business) -> tuple[Pen, list[Part]]:
    """All that a domain of the business could have at once."""
    sketches = (sketch(business, random.Random(seed)) for seed in range(99))
    drawn = next(one for one in sketches if one.item or not business.item)
    drawn.actions, drawn.fields = list(business.actions), list(business.fields)
    drawn.contact, drawn.hand_over = "street", True
    pen = Pen(drawn, random.Random(4))
    return pen, make_parts(pen)


@pytest.mark.parametrize("business", businesses(), ids=lambda business: business.name)
def test_each_tool_is_asked_for_in_several_words_with_its_own_arguments_alone(business: Business) -> None:
    pen, parts = every_tool(business)
    for part in parts:
        own = {argument.name for argument in part.arguments}
        if part.kind == "write":
            told = phrases(pen.sketch, part)
            assert len(told["ask"]) >= 6, part.name
            assert {slot for one in [*told["ask"], told["confirm"]] for slot in slots(one)} <= own, part.name
        elif asked := questions(pen.sketch, part):
            said = [one for each in asked[0].values() for one in each]
            assert {slot for one in said for slot in slots(one)} <= own, part.name


def test_each_kind_of_phrase_is_used() -> None:
    said: set[str] = set()
    for business in businesses():
        pen, parts = every_tool(business)
        for part in parts:
            asked = phrases(pen.sketch, part)["ask"] if part.kind == "write" else []
            told = questions(pen.sketch, part) if part.kind != "write" else None
            said |= {*asked, *(one for each in (told[0].values() if told else []) for one in each)}
    patterns = {kind: re.sub(r"\\\{\w+\\\}", ".+", re.escape(written[0])) for kind, written in KINDS.items()}
    assert {kind for kind, pattern in patterns.items() if not any(re.fullmatch(pattern, one) for one in said)} == set()


def bare(phrase: str) -> str:
    """Without arguments, what they belong to, articles, case and points: what remains is how it is said."""
    phrase = re.sub(r"[^\w\s{}]", "", phrase.lower())
    return " ".join(re.sub(r"\b(an?|the|my|order|booking|visit|appointment|reservation)\b|\{\w+\}", "", phrase).split())


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_phrase_is_one_that_is_held_out(folder: str) -> None:
    text = (TEMPLATE.parent / folder / "wording-held-out.yaml").read_text(encoding="utf-8")
    held_out = Wording.model_validate(yaml.safe_load(text))
    heard = {bare(ask) for tool in held_out.tools.values() for ask in tool.ask}
    heard |= {bare(one) for asked in held_out.questions.values() for each in asked.values() for one in each}
    said = {bare(one) for one in phrasings(*KINDS, verb="cancel", past="cancelled", words="time")}
    assert len(said) > 150 and heard and said & heard == set()
