"""`lamforge call` with the real engine and the model that ships."""

from __future__ import annotations

import json
from pathlib import Path

from tests.command_line import lamforge

EXAMPLE = Path(__file__).parents[2] / "examples" / "user_detail.json"


def test_the_forced_call_is_printed_and_fits_its_schema() -> None:
    command = ["call", "Extract Jason is 25 years old", "--tools", EXAMPLE, "--tool-choice", "UserDetail", "--json"]
    done = lamforge(*command, "--max-tokens", "1000")
    assert done.returncode == 0, done.stderr
    calls = json.loads(done.stdout)["tool_calls"]
    assert calls
    for call in calls:
        assert call["name"] == "UserDetail"
        assert isinstance(call["arguments"]["name"], str)
        assert isinstance(call["arguments"]["age"], int)
        assert set(call["arguments"]) == {"name", "age"}


def test_a_tool_named_like_a_tool_choice_is_not_taken_for_it(tmp_path: Path) -> None:
    tools = tmp_path / "tools.json"
    tools.write_text(json.dumps({"name": "none", "parameters": {}}))
    command = ["call", "x", "--tools", tools, "--model", "scripted"]
    done = lamforge(*command, "--tool-choice", "none")
    assert done.returncode == 2
    assert "Rename the tool" in done.stderr
    assert lamforge(*command).returncode == 0


def test_what_is_wrong_with_a_call_is_said_beside_it(tmp_path: Path) -> None:
    answers = tmp_path / "answers.jsonl"
    call = {"function": {"name": "UserDetail", "arguments": {"name": "Jason"}}}
    answers.write_text(json.dumps({"tool_calls": [call]}))
    command = ["call", "x", "--tools", EXAMPLE, "--json"]
    done = lamforge(*command, "--model", f"scripted:{answers}")
    assert json.loads(done.stdout)["tool_calls"] == [call["function"]]
    assert "the call of UserDetail is wrong: missing required argument 'age'" in " ".join(done.stderr.split())
