"""Composed domains say the same thing in many ways: all of them about their own arguments, none of them held out."""

from __future__ import annotations

import random
import re

import pytest
import yaml

from lamforge.domains.starter import TEMPLATE
from lamforge.domains.wording import Wording, slots
from lamforge.generate.composed.business import businesses
from lamforge.generate.composed.run import compose
from lamforge.generate.composed.ways import ways


@pytest.mark.parametrize("business", businesses(), ids=lambda business: business.name)
def test_a_change_is_asked_for_in_many_ways_with_its_own_arguments_alone(business) -> None:  # type: ignore[no-untyped-def]
    files, _ = compose(business, business.name, random.Random(3))
    wording = Wording.model_validate(yaml.safe_load(files["wording.yaml"]))
    for name, tool in wording.tools.items():
        assert len(tool.ask) == len(set(tool.ask)) >= 10, name
        named = {slot for ask in tool.ask for slot in slots(ask)}
        assert named <= wording.arguments.keys(), name
        assert all(ask == ask.strip() and "  " not in ask for ask in tool.ask)
    asked = [said for fields in wording.questions.values() for said in fields.values()]
    assert all("{" not in re.sub(r"{\w+}", "", one) for said in asked for one in said)
    assert sum(len(set(said)) > 10 for said in asked) > len(asked) / 2


@pytest.mark.parametrize(
    ("folder", "noun", "cancel", "move"),
    [
        ("bundled/store", "order {order_id}", "cancel_order", "change_order_address"),
        ("bundled/airline", "booking {booking_id}", "cancel_booking", "move_booking"),
        ("bundled/clinic", "visit {visit_id}", "cancel_visit", "move_visit"),
        ("template", "appointment {appointment_id}", "cancel_appointment", "move_appointment"),
    ],
)
def test_no_way_is_one_that_is_held_out(folder: str, noun: str, cancel: str, move: str) -> None:
    text = (TEMPLATE.parent / folder / "wording-held-out.yaml").read_text(encoding="utf-8")
    held_out = Wording.model_validate(yaml.safe_load(text))
    assert held_out.tools[cancel].ask
    named = {"it": noun, "my": f"my {noun.split()[0]}", "verb": "cancel", "past": "cancelled", "of": noun}
    said = set(ways("end", "call_off", "because", "day", "hand_over", "ask_status", **named))
    heard = {ask for tool in held_out.tools.values() for ask in tool.ask}
    heard |= {one for asked in held_out.questions.values() for phrases in asked.values() for one in phrases}
    assert said & heard == set()
