from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

import lamforge.evaluate.queue as queue_module
from lamforge.data.learnable import read_learnable
from lamforge.data.mixture import Mix
from lamforge.errors import DataError, IncompleteError, OutputError, UsageError
from lamforge.evaluate import Options, evaluate_domain
from lamforge.evaluate.episodes import DomainSuite
from lamforge.journal import read_journal
from lamforge.simulate.episode import ContextOverflow


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch):
    monkeypatch.setattr(queue_module, "RETRY_AFTER", 0.0)


def evaluate(library, tasks, make_agent, out, *, seed=0, held_out=False, trials=4, **options):
    chosen = Options("clerk", out, trials=trials, **options)
    return asyncio.run(evaluate_domain(library, tasks, make_agent, chosen, seed=seed, held_out=held_out))


def test_a_user_with_held_out_words_says_other_things_and_its_run_is_another(library, tasks, clerk, tmp_path):
    evaluate(library, tasks[:2], clerk, tmp_path / "known", trials=1)
    summary = evaluate(library, tasks[:2], clerk, tmp_path / "held", trials=1, held_out=True)
    assert "held-out wording" in summary.suite
    known, held = (
        {m["content"] for m in json.loads(line)["messages"] if m["role"] == "user"}
        for line in (next((tmp_path / name / "trajectories.jsonl").open()) for name in ("known", "held"))
    )
    assert not known & held
    with pytest.raises(UsageError):
        evaluate(library, tasks[:2], clerk, tmp_path / "known", trials=1, held_out=True)


def test_a_perfect_agent_passes_everything_and_the_idle_one_only_what_needs_nothing(library, tasks, clerk, tmp_path):
    summary = evaluate(library, tasks[:8], clerk, tmp_path / "out")
    assert summary.complete
    assert [e.value for e in summary.reliability] == [1.0] * 4
    assert [e.value for e in summary.baseline] == [0.0] * 4
    assert not any(summary.error_kinds.values())
    with_refusal = evaluate(library, tasks, clerk, tmp_path / "more", trials=1)
    assert with_refusal.baseline[0].value == pytest.approx(1 / 9)
    assert not with_refusal.no_better_than_nothing


def test_a_score_that_is_not_told_apart_from_doing_nothing_says_so(library, tasks, clerk, tmp_path):
    summary = evaluate(library, tasks, partial(clerk, forgets=1.0), tmp_path, trials=1)
    assert summary.no_better_than_nothing
    assert any("does nothing" in value for name, value in summary.rows() if name == "note")


def test_a_score_below_that_of_doing_nothing_is_said_to_be_worse(library, tasks, clerk, tmp_path):
    summary = evaluate(library, tasks[:2], clerk, tmp_path, trials=1)
    low = [replace(each, value=0.0, low=0.0, high=0.1, at_least=0.0, at_most=0.0) for each in summary.reliability]
    worse = replace(summary, reliability=low, baselines={"do nothing": summary.reliability})
    assert worse.worse_than == ["do nothing"]
    assert any(note.startswith("worse than an agent that does nothing") for note in worse.notes)
    assert not summary.worse_than


def test_a_model_whose_context_is_too_short_is_said_to_need_a_longer_one(library, tasks, tmp_path):
    class Full:
        name = "full"

        async def respond(self, messages, tools):
            raise ContextOverflow("does not fit")

    summary = evaluate(library, tasks[:2], lambda seed: Full(), tmp_path, trials=1)
    said = "2 of 2 episodes did not fit the model's context: take a model with a longer one"
    assert ("note", said) in summary.rows()
    assert said in json.loads((tmp_path / "summary.json").read_text())["notes"]
    assert said in (tmp_path / "report.md").read_text()


def test_the_numbers_are_those_of_the_recorded_trajectories(library, tasks, clerk, tmp_path):
    summary = evaluate(library, tasks[:8], partial(clerk, forgets=0.5), tmp_path, seed=5)
    lines = (tmp_path / "trajectories.jsonl").read_text().splitlines()
    rewards = [json.loads(line)["reward"] for line in lines]
    assert len(rewards) == 32
    assert 0 < sum(rewards) < 32
    assert summary.reliability[0].value == pytest.approx(sum(rewards) / 32)
    assert summary.error_kinds["missing_call"] == 32 - sum(rewards)
    written = json.loads((tmp_path / "summary.json").read_text())
    assert written["reliability"][0]["value"] == summary.reliability[0].value
    assert written["made"]["domain_digest"] == library.digest
    assert (tmp_path / "report.html").read_text().startswith("<!doctype html>")
    assert summary.tokens["completion"] == 10 * summary.tokens["messages"]


def test_what_was_played_on_held_out_tasks_is_refused_by_training(library, tasks, clerk, tmp_path):
    open_tasks = [task.model_copy(update={"split": "train"}) for task in tasks[:2]]
    for name, chosen in (("train", open_tasks), ("test", tasks[:2])):
        evaluate(library, chosen, clerk, tmp_path / name, trials=1)
    assert len(list(read_learnable(tmp_path / "train"))) == 2
    with pytest.raises(DataError, match=r"trajectories\.jsonl:1: was played on a held-out task") as caught:
        list(read_learnable(tmp_path / "test"))
    assert "Leave its file out" in caught.value.remedy
    mix = tmp_path / "mix.yaml"
    mix.write_text("sources: {played: {path: test, where: {reward: ['1', '0']}}}")
    with pytest.raises(DataError, match="held-out task"):
        Mix(mix)


def test_trials_differ_in_the_users_words_and_repeat_on_the_next_run(library, tasks, clerk, tmp_path):
    for name in ("one", "two"):
        evaluate(library, tasks[:2], clerk, tmp_path / name, concurrency=3 if name == "one" else 1)
    one, two = ((tmp_path / name / "trajectories.jsonl").read_bytes() for name in ("one", "two"))
    assert one == two
    openings = {json.loads(line)["messages"][1]["content"] for line in one.splitlines()[:4]}
    assert len(openings) > 1


def test_an_engine_that_fails_once_costs_nothing(library, tasks, clerk, tmp_path):
    summary = evaluate(library, tasks[:2], partial(clerk, breaks=[1]), tmp_path, trials=2)
    assert summary.complete
    assert summary.passed == 4


def test_an_engine_that_goes_on_failing_makes_the_result_incomplete_never_lower(library, tasks, clerk, tmp_path):
    summary = evaluate(library, tasks[:3], partial(clerk, breaks=[4]), tmp_path, trials=2, concurrency=1)
    assert not summary.complete
    assert (summary.episodes, summary.passed, len(summary.broken)) == (4, 4, 2)
    assert "the engine is gone" in summary.broken[0].error
    first = summary.reliability[0]
    assert first.value is None
    assert (first.at_least, first.at_most) == (pytest.approx(4 / 6), 1.0)
    with pytest.raises(IncompleteError, match="2 of 6 episodes"):
        summary.require_complete()
    assert any(name == "INCOMPLETE" for name, _ in summary.rows())
    assert "do not quote" in (tmp_path / "report.html").read_text()
    same = evaluate(library, tasks[:3], clerk, tmp_path, trials=2)
    assert (same.episodes, len(same.broken)) == (4, 2)
    again = evaluate(library, tasks[:3], clerk, tmp_path, trials=2, retry_errors=True)
    assert again.complete
    assert again.passed == 6
    again.require_complete()


def test_a_dead_engine_is_not_asked_for_every_episode(library, tasks, clerk, tmp_path):
    budget = [10_000]
    summary = evaluate(library, tasks[:8], partial(clerk, breaks=budget), tmp_path, trials=8, concurrency=2)
    assert len(summary.broken) == 64
    assert budget[0] > 10_000 - 64
    assert "not tried" in summary.broken[-1].error


def test_a_broken_task_ends_the_run_and_what_was_played_stays(library, tasks, clerk, tmp_path):
    broken = tasks[1].model_copy(update={"script": None, "actions": []})
    with pytest.raises(DataError, match="neither a script nor actions"):
        evaluate(library, [tasks[0], broken], clerk, tmp_path, trials=1, concurrency=1)
    assert [record["task_id"] for record in read_journal(tmp_path / "rows.jsonl")] == [tasks[0].task_id]


def test_progress_counts_up_to_the_total(library, tasks, clerk, tmp_path):
    seen: list[tuple[int, int]] = []
    evaluate(
        library, tasks[:3], clerk, tmp_path, trials=2, progress=lambda done, total, rate: seen.append((done, total))
    )
    assert seen == [(n, 6) for n in range(1, 7)]


def test_many_episodes_are_in_flight_at_once(library, tasks, clerk, tmp_path):
    asking, most = 0, 0

    class Counted:
        name = "clerk"

        def __init__(self, seed):
            self._clerk = clerk(seed, seconds=0.05)

        async def respond(self, messages, tools):
            nonlocal asking, most
            asking += 1
            most = max(most, asking)
            answer = await self._clerk.respond(messages, tools)
            asking -= 1
            return answer

    evaluate(library, tasks[:8], Counted, tmp_path, trials=2, concurrency=16)
    assert most == 16


def test_another_runs_folder_is_not_overwritten(library, tasks, clerk, tmp_path):
    evaluate(library, tasks[:1], clerk, tmp_path, trials=1)
    with pytest.raises(UsageError, match=r"different seed"):
        evaluate(library, tasks[:1], clerk, tmp_path, trials=1, seed=1)
    with pytest.raises(UsageError, match=r"different temperature"):
        evaluate(library, tasks[:1], clerk, tmp_path, trials=1, identity={"temperature": 1.0})


def test_more_trials_and_more_tasks_play_only_what_is_missing(library, tasks, clerk, tmp_path):
    played = []

    def counted(seed):
        played.append(seed)
        return clerk(seed)

    evaluate(library, tasks[:2], counted, tmp_path, trials=4)
    assert len(played) == 8
    more = evaluate(library, tasks[:2], counted, tmp_path, trials=8)
    assert len(played) == 16
    assert [estimate.k for estimate in more.reliability] == list(range(1, 9))
    evaluate(library, tasks[:3], counted, tmp_path, trials=8)
    assert len(played) == 24
    fewer = evaluate(library, tasks[:3], counted, tmp_path, trials=2)
    assert (len(played), fewer.episodes) == (24, 6)


def test_a_task_that_has_changed_is_played_anew(library, tasks, clerk, tmp_path):
    evaluate(library, tasks[:2], clerk, tmp_path, trials=1)
    changed = tasks[0].model_copy(update={"outputs": ["something else"]})
    summary = evaluate(library, [changed, tasks[1]], clerk, tmp_path, trials=1)
    assert (summary.passed, summary.episodes) == (1, 2)
    assert summary.error_kinds["output_missing"] == 1


def test_rows_of_another_day_are_judged_by_todays_rules(library, tasks, clerk, tmp_path):
    evaluate(library, tasks[:1], clerk, tmp_path, trials=1)
    (row,) = read_journal(tmp_path / "rows.jsonl")
    row["record"]["trajectory"] |= {"reward": 0, "verdict": {"format": True, "policy": False, "failures": ["old"]}}
    suite = DomainSuite(library, tasks, seed=0, max_turns=30)
    assert suite.score(row["task_id"], row["record"]).passed
    assert suite.trajectory(row["record"]).verdict.failures == []


def test_rows_that_were_played_otherwise_are_not_mixed_with_new_ones(library, tasks, clerk, tmp_path, monkeypatch):
    evaluate(library, tasks[:1], clerk, tmp_path, trials=1)
    monkeypatch.setattr(DomainSuite, "play_version", DomainSuite.play_version + 1)
    with pytest.raises(UsageError, match="different play_version"):
        evaluate(library, tasks[:1], clerk, tmp_path, trials=1)


def test_unusable_input_is_refused_before_anything_is_written(library, tasks, clerk, tmp_path):
    out = tmp_path / "out"
    with pytest.raises(UsageError, match="no task"):
        evaluate(library, [], clerk, out)
    with pytest.raises(UsageError, match="at least 1"):
        evaluate(library, tasks, clerk, out, trials=0)
    with pytest.raises(DataError, match="two tasks"):
        evaluate(library, [tasks[0], tasks[0]], clerk, out)
    assert not out.exists()
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be created"):
        evaluate(library, tasks, clerk, tmp_path / "file" / "out")


CHILD = """
import asyncio, sys
from functools import partial
from pathlib import Path
folder, out, tasks = map(Path, sys.argv[1:4])
sys.path.insert(0, str(folder / "evaluate"))
from conftest import Clerk
from lamforge.domains import load_domain, load_tasks
from lamforge.evaluate import Options, evaluate_domain
from lamforge.evaluate.episodes import DomainSuite
agent = partial(Clerk, forgets=0.5, seconds=0.01)
asyncio.run(evaluate_domain(load_domain(folder / "library"), load_tasks(tasks), agent, Options("clerk", out, trials=4)))
"""


def test_after_kill_9_the_same_command_ends_with_the_same_result(library, tasks, clerk, tmp_path):
    file = tmp_path / "tasks.jsonl"
    file.write_text("".join(json.dumps(task.as_dict()) + "\n" for task in tasks[:8]))
    out = tmp_path / "killed"
    command = [sys.executable, "-c", CHILD, str(Path(__file__).parents[1]), str(out), str(file)]
    child = subprocess.Popen(command)
    journal = out / "rows.jsonl"
    deadline = time.monotonic() + 60
    while not journal.exists() or journal.read_bytes().count(b"\n") < 5:
        assert child.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.005)
    os.kill(child.pid, signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL
    kept = [(record["task_id"], record["trial"]) for record in read_journal(journal)]
    assert 5 <= len(kept) < 32
    subprocess.run(command, check=True)
    whole = evaluate(library, tasks[:8], partial(clerk, forgets=0.5), tmp_path / "whole")
    keys = [(record["task_id"], record["trial"]) for record in read_journal(journal)]
    assert keys[: len(kept)] == kept
    assert len(keys) == len(set(keys)) == 32
    assert (out / "trajectories.jsonl").read_bytes() == (tmp_path / "whole" / "trajectories.jsonl").read_bytes()
    assert json.loads((out / "summary.json").read_text())["passed"] == whole.passed
