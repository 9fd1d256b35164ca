"""Verdicts on answers to our own tasks."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lamforge.evaluate.bfcl import BfclTask, Judge, Release, load_tasks, parse_suite
from lamforge.evaluate.bfcl.decoding import Decoder

SUITE = parse_suite("v3")


@pytest.fixture
def judge(release: Release) -> Judge:
    return Judge(release, Decoder("text"))


def one(release: Release, category: str, number: int = 0) -> BfclTask:
    return load_tasks(release, SUITE, category)[number]


def said(name: str, **arguments: Any) -> dict[str, Any]:
    return {"name": name, "arguments": arguments}


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"room": "The HALL", "level": 0.5, "colours": ["Red"]}, ""),
        ({"room": "hall"}, ""),
        ({"room": "hall", "level": 1}, "value_error:others"),
        ({"room": "hall", "level": "0.5"}, "type_error:simple"),
        ({"room": "hall", "colours": ["red", 1]}, "value_error:list/tuple"),
        ({"room": "hall", "colours": ["blue"]}, "value_error:list/tuple"),
        ({"room": "cellar"}, "value_error:string"),
        ({"room": "hall", "fade": {}}, "simple_function_checker:unexpected_param"),
        ({"level": 0.5}, "simple_function_checker:missing_required"),
    ],
)
def test_a_wrong_argument_has_the_official_error_type(
    judge: Judge, release: Release, arguments: dict[str, Any], error: str
) -> None:
    verdict = judge.verdict(one(release, "simple"), json.dumps([said("lamp.set", **arguments)]))
    assert (verdict.valid, verdict.error_type) == (not error, error)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ("I would rather not.", "ast_decoder:decoder_failed"),
        ('[{"name": "heat", "arguments": "21"}]', "ast_decoder:decoder_wrong_output_format"),
        ("[]", "simple_function_checker:wrong_count"),
        ('{"name": "heat", "arguments": {"degrees": 21}}', ""),
        ('{"name": "cool", "arguments": {"degrees": 21}}', "simple_function_checker:wrong_func_name"),
        ('[{"name": "heat", "arguments": {"degrees": NaN}}]', "type_error:simple"),
        ("[" * 100_000, "ast_decoder:decoder_failed"),
    ],
)
def test_an_answer_is_read_as_the_handler_reads_it(judge: Judge, release: Release, answer: str, error: str) -> None:
    assert judge.verdict(one(release, "simple", 1), answer).error_type == error


def test_parallel_calls_match_in_any_order_and_each_only_once(judge: Judge, release: Release) -> None:
    task = one(release, "parallel")
    warm, cool = said("heat", degrees=21), said("heat", degrees=18)
    assert judge.verdict(task, json.dumps([cool, warm])).valid
    assert not judge.verdict(task, json.dumps([warm, warm])).valid
    assert judge.verdict(task, json.dumps([warm])).error_type == "parallel_function_checker_no_order:wrong_count"


def test_a_call_that_cannot_be_read_is_officially_an_abstention_and_soundly_a_failure(
    judge: Judge, release: Release
) -> None:
    task = one(release, "irrelevance")
    broken = judge.verdict(task, '[{"name": "heat", "arguments": {"degrees": 21}')
    assert (broken.valid, broken.sound) == (True, False)
    polite = judge.verdict(task, "None of my tools helps with that.")
    assert (polite.valid, polite.sound) == (True, True)
    assert judge.verdict(task, json.dumps([said("heat", degrees=21)])).error_type == "irrelevance_error:decoder_success"


def test_quoted_strings_in_an_array_of_java_are_soundly_right(judge: Judge, release: Release) -> None:
    verdict = judge.verdict(one(release, "java"), json.dumps([said("Box.put", value='new String[]{"a", "b"}')]))
    assert (verdict.valid, verdict.sound) == (False, True)


def turns(*steps: list[list[dict[str, Any]]]) -> list[list[str]]:
    return [[json.dumps(step) for step in turn] for turn in steps]


OPENED = [said("open_ticket", title="lamp (hall)", labels=["x"])]
CLOSED = [said("list_tickets"), said("close_ticket", id=1)]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (turns([OPENED], [CLOSED]), ""),
        (turns([OPENED, [said("list_tickets")]], [CLOSED[:1], CLOSED[1:]]), ""),
        (turns([OPENED], []), "multi_turn:empty_turn_model_response"),
        (turns([OPENED]), "multi_turn:force_terminated"),
        ("Error during inference: gone", "multi_turn:inference_error"),
        (turns([[said("open_ticket", title="lamp")]], [CLOSED]), "multi_turn:instance_state_mismatch"),
        (turns([OPENED], [CLOSED[1:]]), "multi_turn:execution_response_mismatch"),
        (turns([[said("open_ticket", tilte="lamp")], OPENED], [CLOSED]), ""),
        ([["Which lamp?", json.dumps(OPENED)], [json.dumps(CLOSED)]], ""),
    ],
)
def test_a_conversation_is_judged_by_states_and_results(
    judge: Judge, release: Release, answer: Any, error: str
) -> None:
    task = one(release, "multi_turn_base")
    for _ in range(2):  # nothing of a check is left for the next
        assert judge.verdict(task, answer).error_type == error


def test_functions_that_are_missing_come_with_their_turn(release: Release) -> None:
    task = one(release, "multi_turn_miss_func")
    assert [document["name"] for document in task.functions] == ["close_ticket", "list_tickets"]
    assert [document["name"] for document in task.later[1]] == ["open_ticket"]


HOSTILE = [
    "__import__('os').system('touch /tmp/owned')",
    "open_ticket",
    "open_ticket.__globals__",
    "_load_scenario",
    "exit",
    "",
    "a" * 1_000_000,
]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_change_no_verdict_but_their_own(judge: Judge, release: Release, name: str) -> None:
    task = one(release, "multi_turn_base")
    answer = turns([OPENED], [CLOSED])
    answer[0].append(json.dumps([{"name": name, "arguments": {"x=1, y": "__import__('os')", "from": [[]]}}]))
    assert judge.verdict(task, answer).valid
    assert judge.verdict(one(release, "simple", 1), answer[0][1]).valid is False


def test_large_and_deep_answers_are_judged_before_the_test_times_out(judge: Judge, release: Release) -> None:
    many = json.dumps([said("heat", degrees=n) for n in range(100)])
    for answer in ("[" * 10**7, '"' + "a" * 10**7, many, '{"a":' * 10**6, ";" * 10**6):
        assert not judge.verdict(one(release, "parallel"), answer).valid
