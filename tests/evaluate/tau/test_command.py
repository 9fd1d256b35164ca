import json

from tests.stub_openai import StubServer
from typer.testing import CliRunner

from lamforge.cli.evaluate import app


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
        assert len(summary["made"]["user"]["prompt"]) == 16
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
