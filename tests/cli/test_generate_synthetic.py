"""`lamforge generate synthetic` on the command line."""

from __future__ import annotations

import json
from pathlib import Path

from tests.command_line import lamforge


def test_it_counts_what_it_wrote_and_names_the_next_command(tmp_path: Path) -> None:
    done = lamforge(
        "generate", "synthetic", "--items", 60, "--out", tmp_path / "run", "kinds.missing=0", "one_tool=0.5"
    )
    assert done.returncode == 0, done.stderr
    for word in ("conversations", "multiple", "tools", "near-duplicates", "train sft"):
        assert word in done.stdout
    assert "missing" not in done.stdout


def test_json_is_alone_on_stdout_and_shards_need_no_merge(tmp_path: Path) -> None:
    done = lamforge("generate", "synthetic", "--items", 40, "--max-chars", 900, "--out", tmp_path / "0", "--json")
    told = json.loads(done.stdout)
    assert told["records"] == told["asked"] == 40
    assert told["characters"] <= 40 * 1000
    done = lamforge("generate", "merge", tmp_path / "0", "--out", tmp_path / "whole")
    assert done.returncode == 2
    assert "trajectories.jsonl" in done.stderr


def test_a_share_that_does_not_exist_is_named(tmp_path: Path) -> None:
    done = lamforge("generate", "synthetic", "--items", 5, "--out", tmp_path / "run", "kinds.mising=0.1")
    assert done.returncode == 2
    assert "kinds.missing" in done.stderr
    assert not (tmp_path / "run").exists()
