"""`lamforge data rate | filter | dedup`, as a user types them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.command_line import Done, lamforge
from tests.data.talks import call, cancelling, talk, user
from tests.stub_openai import StubServer

from lamforge.data import read_trajectories, write_trajectories
from lamforge.domains import load_tasks
from lamforge.errors import DataError, UsageError


def data(*words: object) -> Done:
    return lamforge("data", *words)


@pytest.fixture
def conversations_of_a_shop(tmp_path: Path) -> Path:
    path = tmp_path / "in.jsonl"
    invented = talk(user("Look at W1."), call("get_order", order_id="W2"))
    write_trajectories(path, [cancelling("W1001"), invented, cancelling("W1001", task_id="again")])
    return path


def test_ratings_are_stored_and_consumed(conversations_of_a_shop: Path, tmp_path: Path) -> None:
    answer = {"content": '<answer>{"explanation": "Good.", "score": 4.5}</answer>'}
    rated, good, distinct = (tmp_path / f"{name}.jsonl" for name in ("rated", "good", "distinct"))
    with StubServer(lambda body: answer) as server:
        done = data("rate", conversations_of_a_shop, "--out", rated, "--rater", server.url)
    assert done.returncode == 0, done.stderr
    assert "rule invented_value" in done.stdout
    assert f"next: lamforge data filter {rated} --min-score 4" in done.stdout
    shown = data("show", rated, 1).stdout
    assert "2 of 5" in shown
    assert "message 1: get_order: order_id: 'W2'" in shown
    filtered = data("filter", rated, "--min-score", 4, "--out", good, "--json")
    assert json.loads(filtered.stdout) == {"out": str(good), "kept": 2, "dropped": {"its score is below 4": 1}}
    deduplicated = data("dedup", good, "--out", distinct, "--json")
    assert json.loads(deduplicated.stdout)["kept"] == 1
    (left,) = read_trajectories(distinct)
    assert left.rating is not None
    assert left.rating.opinions[0].rater == "stub"


def test_the_cost_of_rating_is_estimated_without_asking(conversations_of_a_shop: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    engine = "http://127.0.0.1:9/v1#model=x"
    done = data("rate", conversations_of_a_shop, "--out", out, "--rater", engine, "--dry-run", "--json")
    assert json.loads(done.stdout)["rater-1"]["requests"] == 3
    assert not out.exists()


@pytest.mark.parametrize("verb", ["check", "stats"])
def test_findings_and_pages_are_not_written_over_the_data(verb: str, conversations_of_a_shop: Path) -> None:
    before = conversations_of_a_shop.read_bytes()
    assert data(verb, conversations_of_a_shop, "--out", conversations_of_a_shop).returncode == UsageError.exit_code
    assert conversations_of_a_shop.read_bytes() == before


def test_a_filter_that_keeps_nothing_fails_and_says_why(conversations_of_a_shop: Path, tmp_path: Path) -> None:
    unrated = data("filter", conversations_of_a_shop, "--min-score", 4, "--out", tmp_path / "o.jsonl")
    assert unrated.returncode == DataError.exit_code
    assert "it is not rated (3)" in unrated.stderr and "lamforge data rate" in unrated.stderr
    long = data("filter", conversations_of_a_shop, "--min-turns", 99, "--out", tmp_path / "o.jsonl")
    assert long.returncode == DataError.exit_code
    assert "it has fewer than 99 turns (3)" in long.stderr
    assert list(tmp_path.glob("o*")) == []


def test_what_cannot_be_used_is_named(conversations_of_a_shop: Path, tmp_path: Path) -> None:
    wrong = data("filter", conversations_of_a_shop, "--out", tmp_path / "o.jsonl", "--verdict", "polite")
    assert wrong.returncode == UsageError.exit_code
    assert "--verdict: Input should be 'format', 'execution'" in wrong.stderr
    unknown = data("dedup", conversations_of_a_shop, "--out", tmp_path / "o.txt")
    assert unknown.returncode == UsageError.exit_code
    assert "'o.txt' does not say what to write" in unknown.stderr
    missing = data("rate", tmp_path / "none.jsonl", "--out", tmp_path / "o.jsonl")
    assert missing.returncode == DataError.exit_code
    assert list(tmp_path.glob("o*")) == []


@pytest.mark.parametrize(
    "verb", ["rate", "filter", "dedup", "augment", "export", "import", "mix", "split", "decontaminate"]
)
def test_no_verb_writes_over_what_it_reads_and_all_make_the_folder(verb: str, tmp_path: Path) -> None:
    source, elsewhere = tmp_path / "train.jsonl", tmp_path / "new" / "folder" / "out.jsonl"
    write_trajectories(source, [cancelling("W1001"), cancelling("W2002", task_id="other")])
    given, further = source, []
    if verb == "export":
        further = ["--format", "lamforge"]
    elif verb == "import":
        assert data("export", source, "--out", source).returncode == UsageError.exit_code
        given = tmp_path / "theirs.jsonl"
        assert data("export", source, "--out", given).returncode == 0
    elif verb == "mix":
        given = tmp_path / "mix.yaml"
        given.write_text("sources: {a: {path: train.jsonl}}\n")
    elif verb == "split":
        further = ["--parts", "train=1,test=1"]
    elif verb == "decontaminate":
        (tmp_path / "tau" / "envs").mkdir(parents=True)
        (tmp_path / "tau" / "envs" / "tasks.py").write_text(
            "TASKS = [Task(instruction='You want a boat on a lake.')]\n"
        )
        further = ["--tau", tmp_path / "tau"]
    read = given if verb == "import" else source
    before = read.read_bytes()
    refused = data(verb, given, "--out", tmp_path if verb == "split" else read, *further)
    assert refused.returncode == UsageError.exit_code, refused.stderr
    assert "would be written over while it is read" in refused.stderr
    assert read.read_bytes() == before
    done = data(verb, given, "--out", elsewhere, *further)
    assert done.returncode == 0, done.stderr
    assert elsewhere.exists()


def test_a_file_of_another_kind_is_told_by_its_name(conversations_of_a_shop: Path, tmp_path: Path) -> None:
    tasks, page, out = tmp_path / "tasks-train.jsonl", tmp_path / "stats.html", tmp_path / "o.jsonl"
    tasks.write_text(json.dumps({"task_id": "a", "domain": "shop", "instruction": "Buy.", "actions": []}) + "\n")
    page.write_text("<!doctype html>")
    assert "tasks-train.jsonl:1: is a task, no conversation" in data("show", tasks).stderr
    assert "these are conversations, not a mix" in data("mix", conversations_of_a_shop, "--dry-run").stderr
    assert "none.yaml: there is no such file" in data("mix", tmp_path / "none.yaml", "--dry-run").stderr
    assert "is a page for people, no data" in data("import", page, "--out", out).stderr
    with pytest.raises(DataError, match="these are conversations, no tasks"):
        load_tasks(conversations_of_a_shop)
    assert not out.exists()


def test_the_folder_of_a_mask_must_exist(conversations_of_a_shop: Path, tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    assert "nosuch: there is no such folder" in data("show", conversations_of_a_shop, 0, "--mask", "nosuch").stderr


def test_a_mix_is_counted_and_written_in_shards(conversations_of_a_shop: Path, tmp_path: Path) -> None:
    mix = tmp_path / "mix.yaml"
    mix.write_text("sources:\n  shop: {path: in.jsonl, epochs: 2}\n")
    counted = json.loads(data("mix", mix, "sources.shop.cap=2", "--dry-run", "--json").stdout)
    assert counted["conversations"] == 4
    assert counted["sources"]["shop"]["wanted"] == 3
    whole, half = tmp_path / "whole.jsonl", tmp_path / "half.jsonl"
    assert data("mix", mix, "--out", whole).returncode == 0
    done = data("mix", mix, "--out", half, "--shard", "1/2")
    assert "shard 1/2  3 conversations" in done.stdout
    assert whole.read_text().splitlines()[1::2] == half.read_text().splitlines()
    nothing = data("mix", mix)
    assert nothing.returncode == UsageError.exit_code
