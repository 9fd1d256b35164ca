import asyncio
import json

import pytest

from lamforge.data.learnable import read_learnable
from lamforge.errors import DataError, UsageError
from lamforge.evaluate import Options
from lamforge.evaluate.tau.against.agreement import agreement
from lamforge.evaluate.tau.against.findings import Agreement
from lamforge.evaluate.tau.against.recordings import compare_recordings
from lamforge.evaluate.tau.data import read_data
from lamforge.evaluate.tau.judge import judge_calls
from lamforge.evaluate.tau.layout_tau2_tasks import task_of
from lamforge.evaluate.tau.play import play
from lamforge.evaluate.tau.players import Users, scripted
from lamforge.evaluate.tau.recorded import read_recorded
from lamforge.evaluate.tau.suite import TauSuite, evaluate_tau, notes_on
from lamforge.evaluate.tau.users import PlainUser, ReplayUser
from lamforge.messages import Function, Message, ToolCall, Usage

SCRIPTED = scripted()


class Clerk:
    """Cancels #W1 when asked to, in every second conversation; tells prices."""

    name = "clerk"

    def __init__(self, seed):
        self.idle = seed % 2

    async def respond(self, messages, tools):
        said = " ".join(m.content or "" for m in messages if m.role == "user")
        if "#W1" in said and not self.idle and not any(m.role == "tool" for m in messages):
            given = {"order_id": "#W1", "reason": "no longer needed"}
            call = ToolCall(function=Function(name="cancel_pending_order", arguments=given))
            return Message(role="assistant", tool_calls=[call]), Usage(prompt_tokens=9)
        return Message(role="assistant", content="It is 42.9, 1010 or 10.1."), Usage(prompt_tokens=9)


def evaluated(checkouts, domains, rules, out, users=SCRIPTED, trials=4, split=None):
    data = read_data(checkouts[rules], "retail")
    tasks, part = data.chosen(split)
    suite = TauSuite(domains[rules, "retail"], tasks, users, seed=0)
    options = Options("clerk", out, {}, trials, part=part)
    return asyncio.run(evaluate_tau(suite, data, users, Clerk, options, split=split)), data


@pytest.mark.parametrize("rules", ["v1", "tau2"])
def test_a_run_has_pass_hat_k_baselines_and_says_who_played_the_user(checkouts, domains, tmp_path, rules):
    summary, data = evaluated(checkouts, domains, rules, tmp_path)
    assert summary.complete
    assert (summary.tasks, summary.trials) == (2, 4)
    made = json.loads((tmp_path / "run.json").read_text())
    assert made["user"] == {"kind": "scripted"}
    assert (made["rules"], made["data_sha256"]) == (rules, data.digest)
    assert any("the user is scripted" in value for name, value in summary.rows() if name == "note")
    assert {share.name for share in summary.categories} == {"nothing to do", "something to do"}
    assert summary.baseline[0].at_least == 0
    assert "tau tests no rule of the policy" in (tmp_path / "report.html").read_text()


@pytest.mark.parametrize("rules", ["v1", "tau2"])
def test_what_is_exported_reads_as_a_recording_with_the_same_rewards(checkouts, domains, tmp_path, rules):
    summary, data = evaluated(checkouts, domains, rules, tmp_path)
    book = domains[rules, "retail"].book
    own = read_recorded(tmp_path / "trajectories.jsonl", book)
    official = read_recorded(tmp_path / "official.json", book)
    assert len(official) == 8
    with pytest.raises(DataError, match=r"trajectories\.jsonl:1: is an item of a benchmark \('tau2?-bench'\)"):
        list(read_learnable(tmp_path))
    assert [(e.task_id, e.trial, e.reward) for e in official] == [(e.task_id, e.trial, e.reward) for e in own]
    assert sum(each.reward for each in official) == summary.passed
    found = Agreement(data.layout, rules)
    compare_recordings(domains[rules, "retail"], "retail", official, found)
    assert found.complete, found.differences
    assert found.total["retail: recorded rewards"] == 8
    assert found.total["retail: recorded answers"] > 0
    assert found.reliability["retail, pass^1"] == round(summary.reliability[0].value, 4)
    assert found.reliability["retail, pass^4"] == round(summary.reliability[3].value, 4)


def test_a_changed_recording_does_not_agree(checkouts, domains, tmp_path):
    _, data = evaluated(checkouts, domains, "tau2", tmp_path)

    def turned(number, simulation):
        simulation["reward_info"]["reward"] = 1 - simulation["reward_info"]["reward"]

    found = agreement([data], recordings=changed(tmp_path, turned), calls=0)
    assert not found.complete
    assert found.agreeing["retail: recorded rewards"] == 0
    assert found.agreeing["retail: recorded answers"] == found.total["retail: recorded answers"] > 0


def changed(tmp_path, change):
    """The recording with each simulation changed by a function of its number."""
    content = json.loads((tmp_path / "official.json").read_text())
    for number, simulation in enumerate(content["simulations"]):
        change(number, simulation)
    (tmp_path / "changed.json").write_text(json.dumps(content))
    return {"retail": [tmp_path / "changed.json"]}


def test_what_could_not_be_compared_is_listed_and_is_no_agreement(checkouts, domains, tmp_path):
    _, data = evaluated(checkouts, domains, "tau2", tmp_path)

    def strange(number, simulation):
        if number in (0, 1):
            simulation.update({"task_id": "77"} if number else {"reward_info": None})

    found = agreement([data], recordings=changed(tmp_path, strange), calls=0)
    assert found.agreeing == found.total
    assert found.recorded == {str(tmp_path / "changed.json"): 6}
    assert [line.rpartition(": ")[2] for line in found.unmatched] == [
        "has no recorded reward",
        "is on a task that the data do not have",
    ]
    assert not found.complete
    assert not Agreement("tau2-bench", "tau2").complete
    with pytest.raises(DataError, match=r"nothing that can be compared \(retail, task '77'"):
        agreement([data], recordings=changed(tmp_path, lambda n, s: s.update(task_id="77")), calls=0)
    with pytest.raises(DataError, match=r"nothing that can be compared \(it is empty\)"):
        (tmp_path / "changed.json").write_text('{"simulations": []}')
        agreement([data], recordings={"retail": [tmp_path / "changed.json"]}, calls=0)


def test_a_result_without_a_call_is_a_difference(checkouts, domains, tmp_path):
    _, data = evaluated(checkouts, domains, "tau2", tmp_path)

    def more(number, simulation):
        if number == 0:
            simulation["messages"].append({"role": "tool", "id": "x", "content": "{}"})

    found = agreement([data], recordings=changed(tmp_path, more), calls=0)
    assert [each.what for each in found.differences] == ["results without a call"]


def test_recorded_users_say_their_lines_again(checkouts, domains, tmp_path):
    first, _ = evaluated(checkouts, domains, "v1", tmp_path / "first", trials=1)
    book = domains["v1", "retail"].book
    lines = {each.task_id: each.user_lines for each in read_recorded(tmp_path / "first" / "official.json", book)}
    users = Users({"kind": "replay"}, lambda task, trial, seed: ReplayUser(lines[task.task_id]))
    again, _ = evaluated(checkouts, domains, "v1", tmp_path / "again", users, trials=1)
    assert again.passed == first.passed
    texts = [(tmp_path / name / "trajectories.jsonl").read_text() for name in ("first", "again")]
    messages = [[json.loads(line)["messages"] for line in text.splitlines()] for text in texts]
    assert messages[0] == messages[1]


@pytest.mark.parametrize("text", ["{", "[1]", '{"a": 1}', '[{"task_id": 0, "reward": "x", "traj": []}]', "7"])
def test_what_is_no_recording_is_refused_with_its_place(domains, tmp_path, text):
    file = tmp_path / "x.json"
    file.write_text(text)
    with pytest.raises(DataError, match=r"x\.json"):
        read_recorded(file, domains["v1", "retail"].book)


def test_failures_have_a_kind_and_a_sound_score_beside_the_official_one(checkouts, domains):
    data, domain = read_data(checkouts["v1"], "airline"), domains["v1", "airline"]
    suite = TauSuite(domain, data.split("test"), SCRIPTED, seed=0)

    def score(task_id, text):
        class Says:
            name = "says"

            async def respond(self, messages, tools):
                return Message(role="assistant", content=text), Usage()

        played = asyncio.run(suite.idle_player(lambda seed: Says())(task_id, 0))
        return suite.score(task_id, played.record)

    assert (score("1", "No.").passed, score("1", "No.").sound) == (True, True)
    broken = score("1", '[{"name": "cancel_reservation", "arguments": {"reservation_id": ')
    assert (broken.passed, broken.sound) == (True, False)
    assert score("0", "No.").kind == "gave_up"


def test_only_tasks_that_nothing_solves_are_left_out_of_the_sound_score_each_with_its_reason(
    checkouts, domains, tmp_path
):
    summary, _ = evaluated(checkouts, domains, "v1", tmp_path / "asked", trials=1)
    assert summary.sound.unsatisfiable == ["1"]
    assert "'1,010' said" in summary.made["left_out_of_sound"]["1"]
    assert "| 1 | wants '1,010' said, but commas" in (tmp_path / "asked" / "report.md").read_text()
    domain = domains["tau2", "retail"]
    unasked = domain.tasks[1].model_copy(update={"provenance": {"reward_basis": ["DB", "NL_ASSERTION"]}})
    suite = TauSuite(domain, [domain.tasks[0], unasked], SCRIPTED, seed=0)
    assert suite.unsatisfiable == {}
    played = asyncio.run(suite.idle_player(Clerk)("1", 0))
    assert (suite.score("1", played.record).passed, suite.score("1", played.record).sound) == (True, True)


def test_what_only_others_can_judge_is_never_taken_to_be_right_in_silence(checkouts, domains):
    domain, data = domains["tau2", "retail"], read_data(checkouts["tau2"], "retail")
    words = {"reward_basis": ["DB", "NL_ASSERTION"], "nl_assertions": ["The agent is kind."]}
    kind = domain.tasks[0].model_copy(update={"provenance": words})
    notes = notes_on(TauSuite(domain, [kind, domain.tasks[1]], SCRIPTED, seed=0), data, SCRIPTED)
    assert any("1 tasks have assertions" in note and "can only be lower" in note for note in notes)
    acted = domain.tasks[0].model_copy(update={"provenance": {"reward_basis": ["DB", "ACTION"]}})
    with pytest.raises(UsageError, match=r"task '?0'? is rewarded by ACTION"):
        notes_on(TauSuite(domain, [acted], SCRIPTED, seed=0), data, SCRIPTED)


def test_the_state_of_a_task_without_actions_is_not_looked_at_as_in_tau2_bench(checkouts, domains):
    record = {"id": 7, "user_scenario": {}, "evaluation_criteria": {"actions": None}}
    domain = domains["tau2", "retail"]
    changed = domain.environment()
    changed.execute("cancel_pending_order", {"order_id": "#W1", "reason": "no longer needed"})
    for actions, right in ((None, True), ([], False)):
        record["evaluation_criteria"]["actions"] = actions
        assert judge_calls(domain, task_of(record, "retail", "Hi."), changed, ["Done."]) is right
        domain._expected.clear()


def test_a_split_is_named_and_a_smaller_one_is_a_part(checkouts, domains, tmp_path):
    data = read_data(checkouts["tau2"], "retail")
    tasks, part = data.chosen("test")
    assert ([task.task_id for task in tasks], str(part)) == (
        ["1"],
        "only 1 of 2 tasks (split test): this is not the score of the whole",
    )
    assert str(data.chosen(limit=1)[1]).startswith("only 1 of 2 tasks (the first 1)")
    assert data.chosen() == (data.tasks, None)
    others = read_data(checkouts["v1"], "retail").chosen("train")
    assert [task.task_id for task in others[0]] == ["train-0", "train-1"]
    assert others[1] is None  # they are no part of what the benchmark is scored on, and so
    summary, _ = evaluated(checkouts, domains, "v1", tmp_path, trials=1, split="train")
    assert summary.suite == "tau retail (v1 rules), split train"
    assert "the benchmark's scores are of split test" in (tmp_path / "report.html").read_text().replace("&#39;", "'")


class Hostile(Clerk):
    """In every third conversation, calls that no honest agent makes, and then ten million letters."""

    async def respond(self, messages, tools):
        if self.seed % 3:
            return await super().respond(messages, tools)
        if any(m.role == "tool" for m in messages):
            return Message(role="assistant", content="x" * 10**7), Usage()
        given = [{"order_id": float("nan")}, {"expression": "9**9**9**9"}, {"a": {"b": [None] * 999}}]
        names = ("get_order_details", "calculate", "__import__('os').abort")
        calls = [ToolCall(function=Function(name=names[each % 3], arguments=given[each % 3])) for each in range(100)]
        return Message(role="assistant", tool_calls=calls), Usage()

    def __init__(self, seed):
        super().__init__(seed)
        self.seed = seed


@pytest.mark.parametrize("rules", ["v1", "tau2"])
def test_a_hostile_conversation_changes_no_verdict_but_its_own(domains, rules):
    domain = domains[rules, "retail"]
    for seed in range(6):
        user = PlainUser(domain.tasks[0])
        got = asyncio.run(play(Hostile(seed), user, domain, domain.tasks[0], seed=seed))
        honest = asyncio.run(play(Clerk(seed), PlainUser(domain.tasks[0]), domain, domain.tasks[0], seed=seed))
        assert got.reward == (0 if seed % 3 == 0 else honest.reward)
        assert honest.reward == (seed % 2 == 0)
