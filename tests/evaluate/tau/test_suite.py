import asyncio
import json

import pytest

from lamforge.data.learnable import read_learnable
from lamforge.errors import DataError
from lamforge.evaluate import Options
from lamforge.evaluate.tau.against.agreement import agreement
from lamforge.evaluate.tau.data import read_data
from lamforge.evaluate.tau.recorded import read_recorded
from lamforge.evaluate.tau.suite import TauSuite, Users, evaluate_tau
from lamforge.evaluate.tau.users import PlainUser, ReplayUser
from lamforge.messages import Function, Message, ToolCall, Usage

SCRIPTED = Users({"kind": "scripted"}, lambda task, trial, seed: PlainUser(task))


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


def evaluated(checkouts, domains, rules, out, users=SCRIPTED, trials=4):
    data = read_data(checkouts[rules], "retail")
    domain = domains[rules, "retail"]
    tasks = data.split("test" if rules == "v1" else "base")
    suite = TauSuite(domain, tasks, users, seed=0)
    return asyncio.run(evaluate_tau(suite, data, users, Clerk, Options("clerk", out, {}, trials))), data


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
    found = agreement([data], recordings={"retail": [tmp_path / "official.json"]}, calls=0) if rules == "tau2" else None
    if found is not None:
        assert found.complete, found.differences
        assert found.total["retail: recorded rewards"] == 8
        assert found.reliability["retail, pass^1"] == round(summary.reliability[0].value, 4)


def test_a_changed_recording_does_not_agree(checkouts, domains, tmp_path):
    _, data = evaluated(checkouts, domains, "tau2", tmp_path)
    content = json.loads((tmp_path / "official.json").read_text())
    for simulation in content["simulations"]:
        simulation["reward_info"]["reward"] = 1 - simulation["reward_info"]["reward"]
    (tmp_path / "changed.json").write_text(json.dumps(content))
    found = agreement([data], recordings={"retail": [tmp_path / "changed.json"]}, calls=0)
    assert not found.complete
    assert found.agreeing["retail: recorded rewards"] == 0
    assert found.agreeing["retail: recorded answers"] == found.total["retail: recorded answers"] > 0


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
    retail = TauSuite(domains["v1", "retail"], read_data(checkouts["v1"], "retail").split("test"), SCRIPTED, seed=0)
    played = asyncio.run(retail.idle_player(Clerk)("1", 0))
    assert retail.score("1", played.record).sound is None  # "1,010" is never found
