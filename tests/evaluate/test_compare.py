from __future__ import annotations

import asyncio
import json
from functools import partial
from itertools import product
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.html_page import Page

import lamforge.evaluate.queue as queue_module
from lamforge.errors import DataError, IncompleteError, UsageError
from lamforge.evaluate import Options, Result, compare_runs, evaluate_domain
from lamforge.evaluate import paired as paired_module
from lamforge.evaluate.compare import compare
from lamforge.evaluate.comparison_page import write_page
from lamforge.evaluate.conditions import Made, require_same_tasks
from lamforge.evaluate.paired import difference_interval, sign_flip_p
from lamforge.evaluate.part import Part


def result(task: int, passed: bool, trial: int = 0, **values) -> Result:
    return Result(f"t{task}", trial, "all", passed, passed, kind="" if passed else "wrong_call", **values)


def test_mcnemars_exact_test_agrees_with_the_binomial_of_the_discordant_pairs():
    gained, lost = 3, 11
    p = sign_flip_p([1] * gained + [-1] * lost + [0] * 50)
    tail = sum(comb(gained + lost, k) for k in range(gained + 1)) / 2 ** (gained + lost)
    assert p == pytest.approx(2 * tail)


@given(st.lists(st.integers(-4, 4), max_size=9))
def test_the_p_value_is_the_share_of_sign_flips_that_are_as_extreme(differences):
    sums = [
        abs(sum(s * d for s, d in zip(signs, differences, strict=True)))
        for signs in product((1, -1), repeat=len(differences))
    ]
    share = sum(each >= abs(sum(differences)) for each in sums) / len(sums)
    assert sign_flip_p(differences) == pytest.approx(share)


def test_for_very_many_tasks_the_normal_limit_says_the_same(monkeypatch):
    differences = [1] * 260 + [-1] * 210
    exact = sign_flip_p(differences)
    monkeypatch.setattr(paired_module, "_MOST_WORK", 0)
    assert sign_flip_p(differences) == pytest.approx(exact, abs=0.005)


def test_flips_are_listed_and_trials_without_a_result_are_left_out():
    a = [result(1, True), result(2, False), result(3, True), result(4, True, error="gone"), result(5, False)]
    b = [result(1, False), result(2, True), result(3, True), result(4, False), result(6, True)]
    found = compare(a, b, ("a", "b"))
    assert (found.tasks, found.trials, found.only_a, found.only_b) == (3, 3, 1, 2)
    assert (found.gained, found.lost, found.difference) == (1, 1, 0.0)
    assert [(flip.task_id, flip.better, flip.kind) for flip in found.flips] == [
        ("t1", "A", "wrong_call"),
        ("t2", "B", "wrong_call"),
    ]
    assert found.p_value == 1.0
    assert "not told apart" in found.verdict()


def test_trials_of_one_task_do_not_count_as_so_many_tasks():
    a = [result(task, False, trial) for task in range(3) for trial in range(8)]
    b = [result(task, True, trial) for task in range(3) for trial in range(8)]
    found = compare(a, b, ("a", "b"))
    assert found.gained == 24
    assert found.p_value == pytest.approx(0.25)  # 2 of the 8 ways to flip three signs


def test_both_have_pass_k_of_the_trials_that_every_task_has_in_both():
    a = [result(task, task == 1, trial) for task in (1, 2) for trial in (0, 1, 2)]
    b = [result(1, trial > 0, trial) for trial in (2, 1, 0)] + [result(2, True, trial) for trial in (0, 1)]
    found = compare(a, b, ("a", "b"))
    assert [each.value for each in found.reliability["A"]] == [0.5, 0.5]
    assert [each.value for each in found.reliability["B"]] == [0.75, 0.5]


def test_runs_without_a_common_trial_are_refused():
    with pytest.raises(UsageError, match="no trial in common"):
        compare([result(1, True)], [result(2, True)], ("a", "b"))


@pytest.fixture
def runs(library, tasks, clerk, tmp_path):
    for name, forgets in (("a", 0.6), ("b", 0.0)):
        asyncio.run(
            evaluate_domain(
                library, tasks[:8], partial(clerk, forgets=forgets), Options(name, tmp_path / name, trials=2), seed=5
            )
        )
    return tmp_path / "a", tmp_path / "b"


def test_two_folders_are_compared_with_what_was_made_differently_and_a_page(runs, tmp_path):
    found = compare_runs(*runs)
    assert (found.a, found.b, found.trials, found.lost) == ("a", "b", 16, 0)
    assert found.gained == len(found.flips) > 0
    assert found.kinds == {"missing_call": (found.gained, 0)}
    assert found.differing == {"model": ("a", "b")}
    write_page(tmp_path / "compare.html", found, *runs)
    page = Page((tmp_path / "compare.html").read_text())
    assert len([each for each in page.all("details") if each.get("class") == "flip"]) == found.gained
    assert not page.all("script")
    assert "It is done. Is there anything else?" in page.text


def edited(run, **changes):
    """The run, with something else in its summary."""
    summary = json.loads((run / "summary.json").read_text())
    summary["made"] |= changes
    (run / "summary.json").write_text(json.dumps(summary))


def test_runs_that_are_judged_differently_are_refused_with_all_that_differs(runs, tmp_path):
    edited(runs[1], domain_digest="other", rules="tau2")
    with pytest.raises(UsageError, match=r"domain_digest [0-9a-f]+… and other; rules none and tau2"):
        compare_runs(*runs)
    with pytest.raises(DataError, match="no folder of an evaluation"):
        compare_runs(runs[0], tmp_path / "nowhere")
    (runs[0] / "results.jsonl").write_text('{"task_id": 1}\n')
    with pytest.raises(DataError, match=r"results\.jsonl:1"):
        compare_runs(runs[0], runs[0])


def test_what_differs_besides_the_model_is_said_aloud_in_the_table_and_on_the_page(runs, tmp_path):
    assert compare_runs(*runs).cautions == []
    edited(runs[0], user={"kind": "model", "model": "large", "seed": 1})
    edited(runs[1], user={"kind": "model", "model": "small", "seed": 1}, temperature=0.7, endpoint="http://b/v1")
    found = compare_runs(*runs)
    said = ["user model: A large, B small", "temperature: A none, B 0.7"]
    assert found.cautions == said
    assert [value for name, value in found.rows() if name == "CAUTION"] == [
        f"not only the model differs: {line}" for line in said
    ]
    assert found.as_dict()["conditions"].keys() == {"user", "temperature"}
    write_page(tmp_path / "compare.html", found, *runs)
    page = (tmp_path / "compare.html").read_text()
    assert all(f"<li>{line}</li>" in page for line in said)


def test_another_part_of_the_suite_is_another_condition(runs, library, tasks, clerk, tmp_path):
    out = tmp_path / "part"
    part = Part(3, 8, "the first 3")
    asyncio.run(evaluate_domain(library, tasks[:3], clerk, Options("c", out, trials=2, part=part), seed=5))
    found = compare_runs(runs[0], out)
    assert (found.trials, found.only_a) == (6, 10)
    assert found.cautions == ["tasks: A all tasks, B 3 of 8 tasks"]


def test_trials_of_a_task_that_was_changed_are_no_pairs(runs, library, tasks, clerk, tmp_path):
    changed = [tasks[0].model_copy(update={"outputs": ["moved"]}), *tasks[1:8]]
    asyncio.run(evaluate_domain(library, changed, clerk, Options("c", tmp_path / "c", trials=2), seed=5))
    found = compare_runs(runs[0], tmp_path / "c")
    assert (found.trials, found.changed, found.only_a) == (14, 2, 0)
    assert ("left out", "2 trials of tasks that are not the same in both") in found.rows()


def test_an_incomplete_run_makes_the_comparison_incomplete(library, tasks, clerk, tmp_path, monkeypatch):
    monkeypatch.setattr(queue_module, "RETRY_AFTER", 0.0)
    for name, breaks in (("a", [4]), ("b", [0])):
        agent = partial(clerk, breaks=breaks)
        asyncio.run(evaluate_domain(library, tasks[:4], agent, Options(name, tmp_path / name, concurrency=1)))
    found = compare_runs(tmp_path / "a", tmp_path / "b")
    assert found.missing == {"A": (2, 4)}
    assert ("INCOMPLETE", "A lacks 2 of 4 results; do not quote these numbers") in found.rows()
    assert found.as_dict()["complete"] is False
    with pytest.raises(IncompleteError, match="A lacks 2 of 4"):
        found.require_complete()
    write_page(tmp_path / "compare.html", found, tmp_path / "a", tmp_path / "b")
    assert "do not quote these numbers" in (tmp_path / "compare.html").read_text()


@pytest.mark.parametrize(
    ("differences", "low", "high"),
    [([[0]] * 20, -0.168, 0.168), ([[1]] * 20, 0.663, 1.0), ([[0, 0]], -0.975, 0.975), ([[1, 0]] * 20, 0.247, 0.584)],
)
def test_tasks_that_all_differ_alike_do_not_make_certain(differences, low, high):
    assert difference_interval(differences) == (pytest.approx(low, abs=0.001), pytest.approx(high, abs=0.001))


def test_of_two_suites_only_the_suites_are_named():
    made = [
        Made("m", {"suite": f"tau {name}", "data_sha256": name, "rules": "v1"}, None, 0, 1)
        for name in ("retail", "airline")
    ]
    with pytest.raises(UsageError, match=r"different tasks: suite tau retail and tau airline($|\n)"):
        require_same_tasks(*made, where="a and b")
