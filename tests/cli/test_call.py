"""`lamforge call` with the real engine and a model that was trained here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "user_detail.json"


def test_the_forced_call_is_printed_and_fits_its_schema(small_model: Path, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    from lamforge.export import export_gguf

    (file,) = export_gguf(small_model, tmp_path, ("f16",))
    command = [sys.executable, "-m", "lamforge", "call", "Extract Jason is 25 years old", "--tools", str(EXAMPLE)]
    command += ["--model", str(file), "--tool-choice", "UserDetail", "--max-tokens", "1000", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100)
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
    command = [sys.executable, "-m", "lamforge", "call", "x", "--tools", str(tools), "--model", "scripted"]
    done = subprocess.run([*command, "--tool-choice", "none"], capture_output=True, text=True, timeout=100)
    assert done.returncode == 2
    assert "Rename the tool" in done.stderr
    assert subprocess.run(command, capture_output=True, timeout=100).returncode == 0


def test_what_is_wrong_with_a_call_is_said_beside_it(tmp_path: Path) -> None:
    answers = tmp_path / "answers.jsonl"
    call = {"function": {"name": "UserDetail", "arguments": {"name": "Jason"}}}
    answers.write_text(json.dumps({"tool_calls": [call]}))
    command = [sys.executable, "-m", "lamforge", "call", "x", "--tools", str(EXAMPLE), "--json"]
    done = subprocess.run([*command, "--model", f"scripted:{answers}"], capture_output=True, text=True, timeout=100)
    assert json.loads(done.stdout)["tool_calls"] == [call["function"]]
    assert "the call of UserDetail is wrong: missing required argument 'age'" in " ".join(done.stderr.split())
