import json

from tests.stub_openai import StubServer
from typer.testing import CliRunner

from lamforge.cli.evaluate import app
from lamforge.evaluate.rows import KEY
from lamforge.journal import Journal


def reply(body):
    """An agent that cancels #W1 and says how much comes back; a customer that wants it and then leaves."""
    texts = [message["content"] or "" for message in body["messages"]]
    if not body.get("tools"):
        leaves = any("42.9" in text for text in texts[1:])
        return {"role": "assistant", "content": "###STOP###" if leaves else "Cancel #W1, I need it no longer."}
    if any(message["role"] == "tool" for message in body["messages"]):
        return {"role": "assistant", "content": "42.9 euros come back; and it costs 1010 or 10.1."}
    given = json.dumps({"order_id": "#W1", "reason": "no longer needed"})
    function = {"name": "cancel_pending_order", "arguments": given}
    return {"role": "assistant", "content": None, "tool_calls": [{"id": "a", "type": "function", "function": function}]}


def run(*words):
    return CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)


def test_a_model_talks_with_a_model_and_what_comes_of_it_is_found_again(checkouts, tmp_path):
    out = tmp_path / "run"
    data = ("--data", checkouts["tau2"])
    with StubServer(reply) as server:
        common = ("--domain", "retail", *data, "--task", "0", "--trials", "2", "--out", out, "--json")
        done = run("tau", *common, "--model", server.url, "--user", server.url)
        assert done.exit_code == 0, done.output
        summary = json.loads(done.stdout)
        assert (summary["complete"], summary["passed"], summary["episodes"]) == (True, 2, 2)
        assert summary["made"]["user"]["kind"] == "model"
        assert summary["part"] == {"tasks": 1, "of": 2, "how": "named by --task"}
        title = "on tau retail (tau2 rules), 1 of 2 tasks"
        read = (out / "report.md").read_text()
        assert title in read
        assert "- the user is stub, temperature 0.0: compare only with runs that have the same one" in read
        recorded = f"replay:{out / 'official.json'}"
        common = ("--domain", "retail", *data, "--task", "0", "--trials", "1", "--out", tmp_path / "again", "--json")
        again = run("tau", *common, "--model", server.url, "--user", recorded)
        assert json.loads(again.stdout)["passed"] == 1
    verified = run(
        "verify", "--reference", "tau", *data, "--category", "retail", "--results", out / "official.json", "--json"
    )
    assert verified.exit_code == 0
    found = json.loads(verified.stdout)
    assert found["total"]["retail: recorded rewards"] == 2
    assert found["reliability"] == {"retail, pass^1": 1.0, "retail, pass^2": 1.0}


def test_who_plays_the_user_is_declared_and_does_not_depend_on_the_tasks(checkouts, tmp_path):
    with StubServer(reply) as server:
        common = ("tau", "--domain", "retail", "--data", checkouts["tau2"], "--trials", "1", "--model", server.url)
        common = (*common, "--user", server.url, "--json", "--out")
        first = json.loads(run(*common, tmp_path / "a", "--task", "0").stdout)["made"]["user"]
        whole = json.loads(run(*common, tmp_path / "a").stdout)["made"]["user"]
        warm = json.loads(run(*common, tmp_path / "b", "--user-temperature", "0.7").stdout)["made"]["user"]
        refused = run_failing(*common, tmp_path / "a", "--user-temperature", "0.7")
    assert first == whole
    assert (first["kind"], first["model"], first["temperature"], first["seed"]) == ("model", "stub", 0.0, 0)
    assert len(first["prompt"]) == 16
    assert warm == {**first, "temperature": 0.7}
    assert "different user" in str(refused)
    runs = []
    for name in ("a", "b"):
        with Journal(tmp_path / name / "rows.jsonl", key=KEY) as journal:
            runs.append({row["run"] for row in journal})
    assert [len(each) for each in runs] == [1, 1]
    assert runs[0] != runs[1]


def test_what_the_user_takes_is_counted_apart_and_paid_from_the_same_budget(checkouts, tmp_path):
    with StubServer(reply) as server:
        common = ("tau", "--domain", "retail", "--data", checkouts["tau2"], "--task", "0", "--trials", "2", "--json")
        common = (*common, "--model", server.url, "--user", server.url, "--price-input", "1", "--out")
        free = json.loads(run(*common, tmp_path / "free").stdout)
        paid = json.loads(run(*common, tmp_path / "paid", "--user-price-input", "3").stdout)
        assert free["users"]["cost"]["total"] == 0
        assert free["users"]["tokens"] == paid["users"]["tokens"]
        assert paid["users"]["tokens"]["messages"] == 2
        assert paid["cost"] == free["cost"]
        expected = 3 * 2 * paid["users"]["tokens"]["prompt"] / 1e6
        assert round(paid["users"]["cost"]["total"], 12) == round(expected, 12) > 0
        exported = json.loads((tmp_path / "paid" / "official.json").read_text())["simulations"]
        assert round(sum(each["user_cost"] for each in exported), 12) == round(expected, 12)
        assert round(sum(each["agent_cost"] for each in exported), 12) == round(paid["cost"]["total"], 12)
        assert "What the simulated user took besides" in (tmp_path / "paid" / "report.md").read_text()
        dear = (tmp_path / "dear", "--user-price-input", "1e6", "--max-cost", "1")
        stopped = run_failing(*common, *dear)
    assert type(stopped).__name__ == "BudgetError"


def run_failing(*words):
    return CliRunner().invoke(app, [str(word) for word in words]).exception


def test_a_difference_ends_with_exit_code_one(checkouts, tmp_path):
    simulation = {
        "task_id": "1",
        "trial": 0,
        "termination_reason": "user_stop",
        "reward_info": {"reward": 1.0},
        "messages": [{"role": "user", "content": "Hi."}, {"role": "assistant", "content": "No."}],
    }
    file = tmp_path / "results.json"
    file.write_text(json.dumps({"simulations": [simulation]}))
    words = ("verify", "--reference", "tau", "--data", checkouts["tau2"], "--category", "retail", "--results", file)
    done = run(*words)
    assert done.exit_code == 1
    assert "officially 1.0" in done.output


def test_a_user_who_does_not_exist_is_named_with_those_who_do(checkouts, tmp_path):
    common = ("tau", "--domain", "retail", "--data", checkouts["tau2"], "--model", "scripted", "--out", tmp_path / "o")
    mistyped = run_failing(*common, "--user", "scriptd")
    assert "--user: 'scriptd' names no model" in str(mistyped)
    assert "human, or replay:FILE" in mistyped.remedy
    assert "there is no such file" in str(run_failing(*common, "--user", f"replay:{tmp_path / 'nosuch.jsonl'}"))
