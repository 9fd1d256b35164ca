"""Calls that would fill memory or never end, on the official back ends: they change no verdict but their own."""

from __future__ import annotations

import decimal
import json
from typing import Any

import pytest

from lamforge.evaluate.bfcl import BfclTask, Judge, Release, load_tasks, parse_suite
from lamforge.evaluate.bfcl.against.perfect import as_answer, perfect_calls
from lamforge.evaluate.bfcl.backends import BackEnds
from lamforge.evaluate.bfcl.decoding import Call, Decoder
from lamforge.evaluate.bfcl.details import detail_of
from lamforge.evaluate.bfcl.effort import MOST
from lamforge.evaluate.bfcl.loading import load_classes
from lamforge.evaluate.bfcl.multi_turn import fresh_back_ends
from lamforge.evaluate.bfcl.scoring import Scored

TEXT = Decoder("text")
Made = list[tuple[str, dict[str, Any]]]


def doubling(times: int) -> Made:
    """A tree in which every directory holds the one before twice."""
    made: Made = [("mkdir", {"dir_name": "d0"})]
    for n in range(times):
        made += [
            ("mkdir", {"dir_name": f"d{n + 1}"}),
            ("cp", {"source": f"d{n}", "destination": f"d{n + 1}"}),
            ("mv", {"source": f"d{n}", "destination": f"e{n}"}),
            ("cp", {"source": f"e{n}", "destination": f"d{n + 1}"}),
            ("rm", {"file_name": f"e{n}"}),
        ]
    return made


HOSTILE: dict[str, Made] = {
    "a tree that doubles": [*doubling(60), ("find", {}), ("du", {}), ("find", {"path": "d60"})],
    "a directory in itself, twice": [
        ("mkdir", {"dir_name": "d"}),
        ("cp", {"source": "d", "destination": "d"}),
        ("cd", {"folder": "d"}),
        ("cp", {"source": "d", "destination": "f"}),
        *[("find", {}), ("du", {})],
    ],
    "a long text shown again and again": [
        ("touch", {"file_name": "f"}),
        ("echo", {"content": "x" * 1_000_000, "file_name": "f"}),
        *[("cat", {"file_name": "f"})] * 3000,
    ],
    "directories within each other": [
        *[("mkdir", {"dir_name": "d"}), ("cd", {"folder": "d"})] * 1000,
        *[("pwd", {})] * 3000,
    ],
}


@pytest.fixture(scope="module")
def classes(published: Release) -> dict[str, type]:
    return load_classes(published)


@pytest.fixture(scope="module")
def task(published: Release) -> BfclTask:
    tasks = load_tasks(published, parse_suite("v3"), "multi_turn_base")
    return next(task for task in tasks if task.classes == ["GorillaFileSystem"])


@pytest.mark.parametrize("made", HOSTILE.values(), ids=HOSTILE)
def test_hostile_calls_end_and_change_no_verdict_but_their_own(
    published: Release, classes: dict[str, type], task: BfclTask, made: Made
) -> None:
    judge = Judge(published, TEXT)
    honest = as_answer(task, perfect_calls(task, classes), "text")
    assert judge.verdict(task, honest).valid
    steps = [json.dumps([{"name": name, "arguments": arguments} for name, arguments in made])]
    hostile = [[*honest[0], *steps], *honest[1:]]
    verdict = judge.verdict(task, hostile)
    assert verdict.error_type == "multi_turn:instance_state_mismatch"
    assert detail_of(Scored(task, 0, hostile, verdict), {}, TEXT, classes, None)["messages"]
    assert judge.verdict(task, honest).valid


def test_what_is_refused_is_told_and_the_rest_of_the_conversation_goes_on(
    classes: dict[str, type], task: BfclTask
) -> None:
    backs = fresh_back_ends(task, classes)
    for name, arguments in doubling(60):
        backs.run(Call(name, arguments))
    assert "larger than any" in backs.run(Call("find", {}))
    backs.run(Call("rm", {"file_name": "d60"}))
    assert "larger than any" not in backs.run(Call("find", {}))


def test_right_answers_take_a_hundredth_of_what_is_allowed_at_most(
    published: Release, classes: dict[str, type]
) -> None:
    for task in load_tasks(published, parse_suite("v3"), "multi_turn_long_context")[100:140]:
        backs = fresh_back_ends(task, classes)
        for line in (line for turn in task.answer or [] for line in turn):
            backs.run_line(line)
        assert 0 < backs.effort.spent < MOST / 100


def test_a_precision_that_is_asked_for_holds_for_that_call_alone(classes: dict[str, type]) -> None:
    backs = BackEnds(classes, ["MathAPI"], "{}", long=False, owner="")
    before = decimal.getcontext().prec
    assert "1.4" in backs.run(Call("square_root", {"number": 2, "precision": 2}))
    assert decimal.getcontext().prec == before
    for _ in range(12):
        backs.run(Call("logarithm", {"value": 3.0, "base": 7.0, "precision": 9000}))
    assert "more work" in backs.run(Call("logarithm", {"value": 3.0, "base": 7.0, "precision": 9000}))
