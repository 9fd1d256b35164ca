from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import re
from functools import partial

import pytest
from tests.html_page import Page

from lamforge.evaluate import Options, evaluate_domain

ATTACK = "</script><script>alert(1)</script><img src=x onerror=alert(2)><!--<script>{{ 7 * 7 }}"


@pytest.fixture
def report(library, tasks, tmp_path):
    """Makes a report; `model` is the model's name."""

    def report(make_agent, *, model="clerk", trials=2, tasks=tasks[:8]) -> Page:
        asyncio.run(evaluate_domain(library, tasks, make_agent, Options(model, tmp_path, trials=trials), seed=5))
        return Page((tmp_path / "report.html").read_text(encoding="utf-8"))

    return report


def data_of(page: Page) -> dict:
    data = json.loads(page.raw[1])
    return data | {"details": [json.loads(text) if text else None for text in data["details"]]}


def test_what_a_model_writes_is_never_markup(report, puppet, tasks, tmp_path):
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
    assert data["details"][0]["instruction"] == ATTACK
    assert ATTACK in json.dumps(data["details"][0]["messages"]).encode().decode("unicode_escape")
    assert "<img" not in (tmp_path / "report.md").read_text()


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


def test_numbers_baselines_and_how_they_were_made_are_on_the_page_and_in_markdown(report, clerk, library, tmp_path):
    page = report(partial(clerk, forgets=0.5))
    markdown = (tmp_path / "report.md").read_text()
    for text in (page.text, markdown):
        assert text.count("do nothing: 0.0 %") == 2
        assert text.count("refuse all: 0.0 %") == 2
        assert library.digest in text
    assert "missing call" in page.text
    assert "| missing_call |" in markdown
    assert len([svg for svg in page.all("svg") if svg["class"] == "plot"]) == 2


def test_a_failure_shows_what_was_expected_and_what_was_done(report, puppet, tasks):
    wrong = ("change_branch", {"member_id": "M30", "branch": "east"})
    page = report(lambda seed: puppet("Card number?", wrong, ("lose", {}), "done"), tasks=tasks[:1], trials=1)
    data = data_of(page)
    (row,), (shown,) = data["rows"], data["details"]
    assert row[3:5] == ["failed", "unknown_tool"]
    (compared,) = shown["comparisons"]
    assert compared["expected"] == [
        {
            "name": "change_branch",
            "arguments": [["member_id", '"M30"', ""], ["branch", '"north"', "differs"]],
            "mark": "",
        }
    ]
    assert compared["made"][0]["arguments"][1] == ["branch", '"east"', "differs"]
    assert [call["mark"].split(":")[0] for call in compared["made"]] == ["", "refused"]
    assert any("find_member" in failure for failure in shown["failures"])
    assert [message["role"] for message in shown["messages"][:3]] == ["user", "assistant", "user"]
    changed = [message["changes"] for message in shown["messages"] if "changes" in message]
    assert changed == [['{"op": "replace", "path": "/members/M30/branch", "value": "east"}']]


def test_where_there_is_no_room_failures_keep_their_details_and_the_rest_is_announced(report, clerk, monkeypatch):
    whole = json.loads(report(partial(clerk, forgets=0.5)).raw[1])
    room = sum(len(text) for row, text in zip(whole["rows"], whole["details"], strict=True) if row[3] == "failed")
    monkeypatch.setattr("lamforge.evaluate.report._ROOM", room)
    page = report(partial(clerk, forgets=0.5))
    data = data_of(page)
    kept = [row[3] for row, detail in zip(data["rows"], data["details"], strict=True) if detail]
    left_out = [row[3] for row, detail in zip(data["rows"], data["details"], strict=True) if not detail]
    assert kept
    assert set(kept) == {"failed"}
    assert set(left_out) == {"passed"}
    assert f"Of {len(left_out)} conversations only the line is here" in page.text


def test_numbers_that_browsers_cannot_hold_and_endless_texts_are_shown_as_text(report, puppet, tasks):
    odd = ("change_branch", {"member_id": float("nan"), "branch": 2**70})
    page = report(lambda seed: puppet(odd, "x" * 30_000), tasks=tasks[:1], trials=1)
    shown = data_of(page)["details"][0]
    (member, branch) = shown["comparisons"][0]["made"][0]["arguments"]
    assert member[1] == "NaN"
    assert branch[1] == str(2**70)
    assert "10,000 more characters; the whole is in trajectories.jsonl" in shown["messages"][3]["text"]
