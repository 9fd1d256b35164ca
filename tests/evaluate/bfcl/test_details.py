"""What people read of an answer, and the kind of error that it is filed under."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.html_page import Page

from lamforge.error_kinds import ERROR_KINDS
from lamforge.evaluate.bfcl import BfclTask, Judge, Release, load_tasks, parse_suite, score_results
from lamforge.evaluate.bfcl.decoding import Decoder
from lamforge.evaluate.bfcl.details import detail_of
from lamforge.evaluate.bfcl.kinds import kind_of_fault
from lamforge.evaluate.bfcl.loading import load_classes
from lamforge.evaluate.bfcl.scoring import Scored
from lamforge.formats import get_format

SUITE = parse_suite("v3")
TEXT = Decoder("text")


def task_of(release: Release, category: str, number: int = 0) -> BfclTask:
    return load_tasks(release, SUITE, category)[number]


def calls(*made: tuple[str, dict[str, Any]]) -> str:
    return json.dumps([{"name": name, "arguments": arguments} for name, arguments in made])


def kind(release: Release, task: BfclTask, answer: Any) -> str:
    return kind_of_fault(task, answer, Judge(release, TEXT).verdict(task, answer))


def test_every_wrong_answer_is_filed_under_the_kind_that_describes_it(release: Release) -> None:
    task = task_of(release, "simple", 1)
    ((name, wanted),) = task.answer[0].items()  # type: ignore[index]
    right = {key: values[0] for key, values in wanted.items()}
    parameter = next(iter(right))
    cases = {
        calls((name, right)): "",
        calls((name, right | {parameter: 10**6})): "wrong_argument",
        calls((name, right | {parameter: [[]]})): "invalid_arguments",
        calls((name, {})): "invalid_arguments",
        calls((name, right | {"nothing": 1})): "invalid_arguments",
        calls(("other", right)): "unknown_tool",
        calls((name, right), (name, right)): "extra_call",
        f'[{{"name": "{name}", "argu': "unparsable",
        "I am sorry, I cannot do that.": "gave_up",
    }
    assert {answer: kind(release, task, answer) for answer in cases} == cases
    unrelated = task_of(release, "irrelevance")
    assert kind(release, unrelated, calls((name, right))) == "needless_call"
    turns = task_of(release, "multi_turn_base")
    assert kind(release, turns, [["Done."] for _ in turns.answer or []]) in ("missing_call", "")
    assert kind(release, turns, []) == "too_long"
    assert set(cases.values()) - {""} <= set(ERROR_KINDS)


def test_wrong_arguments_are_marked_beside_their_alternatives_with_the_exact_prompt(release: Release) -> None:
    task = task_of(release, "simple", 1)
    ((name, wanted),) = task.answer[0].items()  # type: ignore[index]
    parameter = next(iter(wanted))
    answer = calls((name, {parameter: 10**6}))
    scored = Scored(task, 0, answer, Judge(release, TEXT).verdict(task, answer))
    format = get_format("xlam-qwen", "bfcl")
    detail = detail_of(scored, {}, TEXT, {}, format)
    (compared,) = detail["comparisons"]
    expected, made = compared["expected"][0]["arguments"], compared["made"][0]["arguments"]
    assert expected[0][:2] == [parameter, json.dumps(wanted[parameter][0])]
    assert made[0][:2] == [parameter, str(10**6)]
    assert expected[0][2] == made[0][2] != ""
    assert detail["prompt"].startswith("<|im_start|>system")
    assert detail["output"] == answer
    chat = detail_of(scored, {}, TEXT, {}, None)
    assert json.loads(chat["prompt"])["tools"][0]["type"] == "function"


def test_a_conversation_is_shown_turn_by_turn_with_what_changed_in_its_back_ends(release: Release) -> None:
    task = task_of(release, "multi_turn_base")
    classes = load_classes(release)
    line = next(line for turn in task.answer or [] for line in turn)
    name = line.partition("(")[0]
    answer = [[calls((name, {})), "Done."]] + [["Done."] for _ in (task.answer or [])[1:]]
    scored = Scored(task, 0, answer, Judge(release, TEXT).verdict(task, answer))
    assert not scored.verdict.valid
    detail = detail_of(scored, {"results": [[["a result"]]]}, TEXT, classes, None)
    assert [message["role"] for message in detail["messages"]][:4] == ["user", "assistant", "tool", "assistant"]
    assert detail["messages"][2]["text"] == "a result"
    assert detail["comparisons"][0]["title"] == "calls of turn 1"
    assert detail["comparisons"][0]["expected"][0]["name"] == line


@pytest.mark.parametrize("answer", ['{"name": 1, "arguments": {}}', "[" * 5000, None, 7, [[["x"]]], {"a": 1}])
def test_whatever_a_model_writes_can_be_shown(release: Release, answer: Any) -> None:
    for category in ("simple", "irrelevance", "multi_turn_base", "java"):
        task = task_of(release, category)
        scored = Scored(task, 0, answer, Judge(release, TEXT).verdict(task, answer))
        json.dumps(detail_of(scored, {}, TEXT, load_classes(release), None))


def test_answers_of_others_get_the_same_report(release: Release, tmp_path: Path) -> None:
    task = task_of(release, "simple")
    line = json.dumps({"id": task.id, "result": "</script><img src=x>"})
    (tmp_path / "BFCL_v3_simple_result.json").write_text(line + "\n")
    score_results(release, SUITE, tmp_path, "text", out=tmp_path / "out")
    page = Page((tmp_path / "out" / "report.html").read_text())
    assert not page.all("img")
    assert "Overall Acc" in page.text
    assert "gave up" in page.text
    assert "| Overall Acc |" in (tmp_path / "out" / "report.md").read_text()
    assert len((tmp_path / "out" / "results.jsonl").read_text().splitlines()) == 2
