"""What a model writes is shown in the terminal and never obeyed by it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamforge.cli.console import printable, show_notes, summary_table

EXAMPLES = Path(__file__).parents[2] / "examples"
ATTACK = "\x1b]0;owned\x07\x1b[2J\x9b31m\x00\x7f\u202eevil\rx"
SHOWN = "\\u001b]0;owned\\u0007\\u001b[2J\\u009b31m\\u0000\\u007f\\u202eevil\\u000dx"


def lamforge(*words: object, stdin: str = "") -> str:
    """What a run leaves on the terminal, byte by byte: line ends stay what they are."""
    command = [sys.executable, "-m", "lamforge", *map(str, words)]
    done = subprocess.run(command, capture_output=True, input=stdin.encode(), timeout=100)
    return (done.stdout + done.stderr).decode()


@given(st.text())
def test_escapes_take_the_place_of_what_a_terminal_obeys_and_json_stays_the_same(text: str) -> None:
    shown = printable(text)
    assert not {chr(number) for number in (*range(9), *range(14, 32), *range(127, 160))} & set(shown)
    written = json.dumps(text, ensure_ascii=False)
    assert json.loads(printable(written)) == text


def test_ordinary_text_of_any_language_stays_as_it_is() -> None:
    text = "10\xa0€, naïve\tשלום, 日本\u3000語, 👩\u200d👧\r\nnext line\n"
    assert printable(text) == text


@pytest.mark.parametrize("json_wanted", [False, True])
def test_a_call_and_its_words_reach_the_terminal_as_text(tmp_path: Path, json_wanted: bool) -> None:
    answers = tmp_path / "answers.jsonl"
    call = {"function": {"name": "UserDetail", "arguments": {"name": ATTACK, "age": 5}}}
    answers.write_text(json.dumps({"content": ATTACK, "tool_calls": [call]}))
    options = ["--tools", EXAMPLES / "user_detail.json", "--model", f"scripted:{answers}"]
    printed = lamforge("call", "x", *options, *(["--json"] if json_wanted else []))
    assert printable(printed) == printed
    assert "evil" in printed


def test_a_chat_shows_text_calls_and_results_as_text(tmp_path: Path) -> None:
    answers = tmp_path / "answers.jsonl"
    call = {"function": {"name": ATTACK, "arguments": {ATTACK: ATTACK}}}
    answers.write_text(json.dumps({"tool_calls": [call]}) + "\n" + json.dumps({"content": ATTACK}))
    printed = lamforge("chat", "--model", f"scripted:{answers}", stdin="hello\n\n")
    assert printable(printed) == printed
    assert SHOWN in printed.replace("\n", "")


def test_what_a_file_calls_itself_is_shown_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    show_notes(SimpleNamespace(name=ATTACK, notes=["opened"]))
    summary_table("doctor", [("name", ATTACK)])
    captured = capsys.readouterr()
    assert SHOWN in captured.out
    assert SHOWN in captured.err
    assert "\x1b" not in captured.out + captured.err
