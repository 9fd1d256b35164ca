from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import re
from functools import partial

import pytest
from tests.html_page import Page

import lamforge.evaluate.conversations as conversations_module
from lamforge.evaluate import evaluate_domain

ATTACK = "</script><script>alert(1)</script><img src=x onerror=alert(2)><!--<script>{{ 7 * 7 }}"


@pytest.fixture
def report(library, tasks, tmp_path):
    """Makes a report; `model` is the model's name."""

    def report(make_agent, *, model="clerk", trials=2, tasks=tasks[:8]) -> Page:
        asyncio.run(evaluate_domain(library, tasks, make_agent, model=model, out=tmp_path, trials=trials, seed=5))
        return Page((tmp_path / "report.html").read_text(encoding="utf-8"))

    return report


def data_of(page: Page) -> dict:
    return json.loads(page.raw[1])


def test_what_a_model_writes_is_never_markup(report, puppet, tasks):
    hostile = [task.model_copy(update={"instruction": ATTACK}) for task in tasks[:2]]
    page = report(
        lambda seed: puppet(ATTACK, (ATTACK, {ATTACK: ATTACK}), ("find_member", {"card_number": ATTACK})),
        model=ATTACK,
        tasks=hostile,
    )
    assert len(page.all("script")) == 2
    assert not page.all("img")
    assert not any(name.startswith("on") for _, attributes in page.elements for name in attributes)
    assert "49" not in page.text.split(ATTACK)[0]
    assert ATTACK in page.text
    data = data_of(page)
    assert data["conversations"][0]["instruction"] == ATTACK
    assert ATTACK in json.dumps(data["conversations"][0]["messages"]).encode().decode("unicode_escape")


def test_the_page_asks_for_nothing_from_anywhere(report, clerk):
    page = report(clerk)
    for _, attributes in page.elements:
        assert not {"src", "href", "action", "style"} & set(attributes)
    assert not page.all("link")
    assert "@import" not in page.raw[0]
    assert "url(" not in page.raw[0]


def test_the_policy_allows_this_script_and_this_style_and_nothing_else(report, clerk):
    page = report(clerk)
    meta = next(a for a in page.all("meta") if a.get("http-equiv") == "Content-Security-Policy")
    style, _, script = page.raw

    def digest(text: str) -> str:
        return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()

    rules = dict(rule.strip().split(" ", 1) for rule in str(meta["content"]).split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == f"'{digest(script)}'"
    assert rules["style-src"] == f"'{digest(style)}'"


def test_the_script_never_makes_markup_of_text(report, clerk):
    script = report(clerk).raw[2]
    assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\b|Function\(", script)


def test_numbers_baseline_and_how_they_were_made_are_on_the_page(report, clerk, library):
    page = report(partial(clerk, forgets=0.5))
    assert "do nothing" not in page.text.split("pass")[0]
    assert page.text.count("doing nothing scores 0.0 %") == 2
    assert library.digest in page.text
    assert "missing call" in page.text
    assert page.all("svg")


def test_a_failure_shows_what_was_expected_and_what_was_done(report, puppet, tasks):
    wrong = ("change_branch", {"member_id": "M30", "branch": "south"})
    page = report(lambda seed: puppet("Card number?", wrong, ("lose", {}), "done"), tasks=tasks[:1], trials=1)
    (shown,) = data_of(page)["conversations"]
    assert shown["kind"] == "policy_broken"
    assert shown["expected"] == [
        {"text": 'change_branch(\n  member_id = "M30",\n  branch = "north"\n)', "mark": "missing"}
    ]
    assert [write["mark"].split(":")[0] for write in shown["tried"]] == ["not expected", "refused"]
    assert any("find_member" in failure for failure in shown["failures"])
    assert [message["role"] for message in shown["messages"][:3]] == ["user", "assistant", "user"]


def test_with_too_many_conversations_failures_come_first_and_the_rest_is_announced(report, clerk, monkeypatch):
    monkeypatch.setattr(conversations_module, "SHOWN", 3)
    monkeypatch.setattr("lamforge.evaluate.report.SHOWN", 3)
    page = report(partial(clerk, forgets=0.5))
    shown = data_of(page)["conversations"]
    assert [entry["passed"] for entry in shown] == [False] * 3
    assert "13 conversations are left out" in page.text


def test_numbers_that_browsers_cannot_hold_and_endless_texts_are_shown_as_text(report, puppet, tasks):
    odd = ("change_branch", {"member_id": float("nan"), "branch": 2**70})
    page = report(lambda seed: puppet(odd, "x" * 30_000), tasks=tasks[:1], trials=1)
    shown = data_of(page)["conversations"][0]
    assert "NaN" in shown["tried"][0]["text"]
    assert str(2**70) in shown["tried"][0]["text"]
    assert "10000 more characters" in shown["messages"][3]["text"]
