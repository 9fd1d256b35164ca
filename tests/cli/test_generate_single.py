"""`lamforge generate single` on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.command_line import lamforge

ROOT = Path(__file__).parents[2]
TOOLS = ROOT / "examples" / "workshop_tools.json"


def test_it_prints_the_papers_table_and_the_next_command(tmp_path: Path) -> None:
    done = lamforge(
        "generate", "single", "--tools", TOOLS, "--domain", "store", "--items", 30, "--out", tmp_path / "run"
    )
    assert done.returncode == 0, done.stderr
    for word in ("verified", "format", "execution", "semantic", "pass rate", "simple", "all", "train sft"):
        assert word in done.stdout


def test_json_is_alone_on_stdout(tmp_path: Path) -> None:
    done = lamforge("generate", "single", "--tools", TOOLS, "--items", 20, "--out", tmp_path / "run", "--json")
    told = json.loads(done.stdout)
    assert told["items"] == told["table"]["all"]["verified"] == 20
    assert told["table"]["all"]["pass_rate"] == 1.0


def test_shards_are_joined(tmp_path: Path) -> None:
    folders = [tmp_path / "0", tmp_path / "1"]
    for number, folder in enumerate(folders):
        words = ["--tools", TOOLS, "--items", 100, "--shard", f"{number}/2", "--out", folder]
        assert lamforge("generate", "single", *words).returncode == 0
    done = lamforge("generate", "merge", *folders, "--out", tmp_path / "whole", "--json")
    assert json.loads(done.stdout)["asked"] == 100


def test_the_example_of_roles_is_understood_and_estimated_without_asking_anybody(tmp_path: Path) -> None:
    words = ["--tools", TOOLS, "--roles", ROOT / "examples" / "roles.yaml", "--items", 1000, "--dry-run", "--json"]
    done = lamforge("generate", "single", *words, "--out", tmp_path / "run")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert set(told) == {"generator", "judge-1", "judge-2", "judge-3"}
    assert all(each["cost"] > 0 and each["requests"] > 0 for each in told.values())
    assert not (tmp_path / "run").exists()
    multi = lamforge(
        "generate", "multi", "--domain", "store", *words[2:4], "--tasks", 100, "--dry-run", "--json", "--out", tmp_path
    )
    assert {"user", "agent", "reviewer"} <= set(json.loads(multi.stdout)), multi.stderr


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["--items", "5"], 2, "there are no tools"),
        (["--tools", "nowhere.json"], 5, "cannot be read"),
        (["--domain", "nowhere"], 3, "no domain folder"),
        (["--domain", "store", "--shard", "2/2"], 2, "is no shard"),
        (["--domain", "store", "single.styles.simplest=1"], 2, "simplest"),
        (["--domain", "store", "judges=[{engine: scripted}]"], 2, "a judge cannot be scripted"),
    ],
)
def test_bad_input_gives_one_message_and_its_exit_code(
    tmp_path: Path, words: list[str], code: int, message: str
) -> None:
    done = lamforge("generate", "single", *words, "--out", tmp_path / "run")
    assert done.returncode == code
    assert message in done.stderr
    assert "Traceback" not in done.stderr
