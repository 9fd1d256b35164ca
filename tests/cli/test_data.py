"""`lamforge data` from the command line."""

from __future__ import annotations

import json
from pathlib import Path

from tests.command_line import lamforge
from tests.data.exchange import samples


def test_a_file_of_others_is_imported_shown_and_handed_on(tmp_path: Path) -> None:
    source, out = tmp_path / "theirs.json", tmp_path / "new" / "ours.jsonl"
    source.write_text(json.dumps([samples.SHAREGPT, {"conversations": []}]))
    done = lamforge("data", "import", str(source), "--out", str(out), "--json")
    summary = json.loads(done.stdout)
    assert (summary["format"], summary["converted"], summary["reasons"]) == ("sharegpt", 1, {"messages": 1})
    assert Path(summary["rejected"]).name == "ours.rejected.jsonl"
    shown = lamforge("data", "show", str(out)).stdout
    assert "get_weather(" in shown and samples.ANSWER in shown and "not judged" in shown
    back = tmp_path / "back.json"
    done = lamforge("data", "export", str(out), "--format", "sharegpt", "--out", str(back))
    assert "converted" in done.stdout
    assert json.loads(back.read_text())[0] == samples.SHAREGPT


def test_a_wrong_line_is_named_and_ends_with_the_exit_code_of_data(tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_text("{}\n")
    done = lamforge("data", "show", str(tmp_path / "t.jsonl"))
    assert done.returncode == 5
    assert "t.jsonl:1: " in done.stderr


def test_check_ends_with_the_exit_code_of_data_and_tells_where(tmp_path: Path) -> None:
    (tmp_path / "theirs.json").write_text(json.dumps([{**samples.OPENAI, "tools": []}]))
    lamforge("data", "import", tmp_path / "theirs.json", "--out", tmp_path / "t.jsonl")
    done = lamforge("data", "check", tmp_path / "t.jsonl", "--json")
    assert done.returncode == 5
    assert json.loads(done.stdout)["codes"]["unknown_tool"]["count"] == 1
    assert "1 of 1 trajectories have errors" in done.stderr
    done = lamforge("data", "check", tmp_path / "t.jsonl")
    assert "unknown_tool" in done.stdout and "t.jsonl:1, message 1: 'get_weather'" in done.stderr


def test_check_says_what_removes_a_conversation_that_stands_there_twice(tmp_path: Path) -> None:
    (tmp_path / "theirs.json").write_text(json.dumps([samples.OPENAI]))
    lamforge("data", "import", tmp_path / "theirs.json", "--out", tmp_path / "t.jsonl")
    (tmp_path / "t.jsonl").write_text((tmp_path / "t.jsonl").read_text() * 2)
    done = lamforge("data", "check", tmp_path / "t.jsonl", "--json")
    assert done.returncode == 5
    assert "lamforge data dedup" in done.stderr and "--exact" in done.stderr
    assert lamforge("data", "dedup", tmp_path / "t.jsonl", "--exact", "--out", tmp_path / "one.jsonl").returncode == 0
    assert lamforge("data", "check", tmp_path / "one.jsonl", "--json").returncode == 0


def test_stats_and_split_say_what_they_found_and_made(tmp_path: Path) -> None:
    other = json.loads(json.dumps(samples.OPENAI).replace("Oslo", "Rome"))
    (tmp_path / "theirs.json").write_text(json.dumps([samples.OPENAI, other]))
    lamforge("data", "import", tmp_path / "theirs.json", "--out", tmp_path / "t.jsonl")
    done = lamforge("data", "stats", tmp_path / "t.jsonl", "--out", tmp_path / "page.html", "--json")
    assert json.loads(done.stdout)["tools"]["get_weather"]["calls"] == 2
    assert (tmp_path / "page.html").read_text().startswith("<!doctype html>")
    assert "get_weather" in lamforge("data", "stats", tmp_path / "t.jsonl").stdout
    done = lamforge("data", "split", tmp_path / "t.jsonl", "--out", tmp_path / "parts", "--json")
    assert json.loads(done.stdout)["trajectories"] == {"train": 1, "validation": 1}
