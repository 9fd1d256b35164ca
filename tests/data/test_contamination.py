"""Decontamination: what a leak is, found in benchmarks that are made up here in the shapes of the real ones."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.data.talks import agent, call, cancelling, result, talk, user

from lamforge.data import read_trajectories, write_trajectories
from lamforge.data.contamination import Benchmark, Index, Item, decontaminate, read_bfcl, read_tau, render_markdown
from lamforge.data.contamination.benchmarks import identifiers_in, signature
from lamforge.data.contamination.source_code import instructions_in, parsed, tools_in
from lamforge.errors import DataError, UsageError
from lamforge.messages import Message

QUESTION = "How many marbles of 3 grams fit into a jar that holds 450 grams of marbles at most?"
FOLLOWING = "And how many of 5 grams would fit into the very same jar, if you please?"
POLICY = "You may only lend a canoe to people who can swim, and never for longer than one afternoon of the week."


@pytest.fixture
def bfcl(tmp_path: Path) -> Path:
    data = tmp_path / "bfcl_eval-2099.1.1" / "bfcl_eval" / "data"
    (data / "possible_answer").mkdir(parents=True)
    (data / "multi_turn_func_doc").mkdir()
    count = {"name": "marbles.count", "parameters": {"type": "dict", "properties": {"grams": {}, "jar_size": {}}}}
    row = {"id": "simple_0", "question": [[{"role": "user", "content": QUESTION}]], "function": [count]}
    several = {
        "id": "multi_turn_base_0",
        "question": [[{"role": "user", "content": t}] for t in (FOLLOWING, "Thanks!")],
    }
    (data / "BFCL_v9_simple.json").write_text(json.dumps(row) + "\n")
    (data / "BFCL_v9_multi_turn_base.json").write_text(json.dumps(several) + "\n")
    (data / "possible_answer" / "BFCL_v9_simple.json").write_text(json.dumps({"id": "x", "question": "Never read."}))
    (data / "multi_turn_func_doc" / "jar.json").write_text('{"name": "open_jar", "parameters": {"properties": {}}}\n')
    return tmp_path / "bfcl_eval-2099.1.1"


@pytest.fixture
def tau(tmp_path: Path) -> Path:
    lake = tmp_path / "tau" / "envs" / "lake"
    (lake / "data").mkdir(parents=True)
    tool = {"type": "function", "function": {"name": "lend_canoe", "parameters": {"properties": {"guest_id": {}}}}}
    (lake / "tasks_test.py").write_text(
        "raise SystemExit('never run')\n"
        "TASKS = [Task(user_id='x', instruction='You are Ana, guest ana_7731, and you want ' + 'a red canoe at noon.',"
        " actions=[])]\n"
    )
    (lake / "lend_canoe.py").write_text(f"class Lend:\n    def get_info():\n        return {tool!r}\n")
    (lake / "canoe_tools.py").write_text("class T:\n    @is_tool(Kind.READ)\n    def get_canoe(self, canoe_id): ...\n")
    (lake / "wiki.md").write_text(POLICY)
    (lake / "data" / "guests.json").write_text(json.dumps({"ana_7731": {"canoe": "CN-4471"}, "bo_5520": {}}))
    task = {"id": "0", "user_scenario": {"instructions": {"reason": FOLLOWING, "domain": "lake"}}}
    (lake / "tasks.json").write_text(json.dumps([task]))
    return tmp_path / "tau"


def found(index: Index, *messages: Message, **changes: Any) -> list[tuple[str, str]]:
    hits = index.hits(talk(*messages, **{"tools": [], **changes}))
    return [(hit.kind, hit.name) for hit in hits if index.counts(hit)]


def test_questions_and_tools_of_bfcl_are_read_and_answers_are_not(bfcl: Path) -> None:
    read = read_bfcl(bfcl)
    assert read.name == "BFCL 2099.1.1"
    assert [(item.name, item.text) for item in read.items] == [
        ("multi_turn_base_0#0", FOLLOWING),
        ("multi_turn_base_0#1", "Thanks!"),
        ("simple_0", QUESTION),
    ]
    assert set(read.tools) == {signature("marbles_count", ["jar_size", "grams"]), signature("open_jar", [])}


def test_a_wheel_is_read_as_its_folder_is(bfcl: Path, tmp_path: Path) -> None:
    wheel = tmp_path / "bfcl_eval-2099.1.1-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for file in sorted(bfcl.rglob("*.json")):
            archive.write(file, file.relative_to(bfcl))
    assert read_bfcl(wheel).items == read_bfcl(bfcl).items
    assert read_bfcl(wheel).sha256 == read_bfcl(bfcl).sha256


def test_tasks_policies_tools_and_ids_of_tau_bench_are_read_and_nothing_is_run(tau: Path) -> None:
    read = read_tau(tau)
    texts = {item.text: item.kind for item in read.items}
    assert texts == {
        "You are Ana, guest ana_7731, and you want a red canoe at noon.": "question",
        FOLLOWING: "question",
        POLICY: "policy",
    }
    assert set(read.tools) == {signature("lend_canoe", ["guest_id"]), signature("get_canoe", ["canoe_id"])}
    assert read.identifiers == {"ana_7731", "bo_5520", "cn-4471"}


def test_a_question_is_found_with_a_word_changed_and_words_around_it(bfcl: Path) -> None:
    index = Index([read_bfcl(bfcl)])
    assert found(index, user(QUESTION.upper())) == [("question", "simple_0")]
    assert found(index, user(f"Hello there! {QUESTION.replace('450', '500')} Thank you.")) == [("question", "simple_0")]
    assert found(index, user("How many marbles fit into a jar? It holds 450 grams of marbles at most.")) == []
    assert found(index, agent(QUESTION)) == []


def test_half_of_a_short_question_is_no_leak(bfcl: Path) -> None:
    short = Benchmark("B", "", items=[Item("x", "question", "I want to find a train.")])
    index = Index([short])
    assert found(index, user("I want to find a train to Lyon, leaving in the morning.")) == []
    assert found(index, user("i want to find a train")) == [("question", "x")]


def test_a_tool_of_the_same_name_and_parameters_is_found_however_it_is_written(bfcl: Path) -> None:
    index = Index([read_bfcl(bfcl)])
    same = {"type": "function", "function": {"name": "Marbles_Count", "parameters": {"properties": {"jarSize": {}}}}}
    assert found(index, user("Hm."), tools=[same]) == []
    same["function"]["parameters"]["properties"]["grams"] = {}  # type: ignore[index]
    assert found(index, user("Hm."), tools=[same]) == [("tool", "marbles.count")]


def test_two_ids_of_a_database_are_a_leak_and_one_is_chance(tau: Path) -> None:
    index = Index([read_tau(tau)])
    look = call("look", guest="ana_7731")
    assert found(index, user("I am ana_7731."), look) == []
    assert found(index, user("I am ana_7731."), look, result(look, "It is #CN-4471.")) == [("identifier", "2 ids")]


def test_a_policy_is_looked_for_in_the_system_message_alone(tau: Path) -> None:
    index = Index([read_tau(tau)])
    system = Message(role="system", content=f"Be kind. {POLICY}")
    assert found(index, system, user("Hi.")) == [("policy", "envs/lake/wiki.md")]
    assert found(index, user(POLICY)) == []
    assert found(index, Message(role="system", content="Be kind."), user("Hi.")) == []


def test_quantities_and_dates_are_no_ids() -> None:
    text = "12-inch 10000mAh 2026-05-01T10:00 256GB ana_7731 #W2378156 1008292230 A320 90210"
    assert list(identifiers_in(text)) == ["ana_7731", "w2378156", "1008292230"]


def test_what_is_clean_is_written_and_the_report_names_ids_and_no_texts(bfcl: Path, tau: Path, tmp_path: Path) -> None:
    leaked = talk(user(QUESTION), agent("150."), tools=[], trajectory_id="leaked")
    write_trajectories(tmp_path / "in.jsonl", [cancelling(), leaked])
    benchmarks = [read_bfcl(bfcl), read_tau(tau)]
    report = tmp_path / "card.md"
    made = decontaminate([tmp_path / "in.jsonl"], benchmarks, tmp_path / "out.jsonl", report)
    assert (made.conversations, made.contaminated, made.removed) == (2, 1, 1)
    assert list(read_trajectories(tmp_path / "out.jsonl")) == [cancelling()]
    assert made.hits == [
        {"trajectory": "leaked", "kind": "question", "benchmark": "BFCL 2099.1.1", "name": "simple_0", "share": 1.0}
    ]
    page = report.read_text()
    assert "| BFCL 2099.1.1 | questions and task instructions | 3 | 1 | 1 |" in page
    assert "1 of them were taken out, which leaves 1 for training" in page
    assert "marbles" not in page
    again = decontaminate([tmp_path / "out.jsonl"], benchmarks, report=tmp_path / "card.json")
    assert again.contaminated == 0
    assert json.loads((tmp_path / "card.json").read_text()) == again.as_dict()
    assert "None of the 1 training conversations holds anything of the benchmarks." in render_markdown(again)


def test_kinds_that_are_not_asked_for_are_reported_and_stay(bfcl: Path, tmp_path: Path) -> None:
    write_trajectories(tmp_path / "in.jsonl", [talk(user(QUESTION), agent("150."), tools=[])])
    made = decontaminate([tmp_path / "in.jsonl"], [read_bfcl(bfcl)], tmp_path / "out.jsonl", kinds=["tool"])
    assert (made.contaminated, made.removed) == (1, 0)
    assert "1 stay, for what they hold was not asked to be taken out" in render_markdown(made)


def test_what_is_no_benchmark_is_refused(tmp_path: Path) -> None:
    for read in (read_bfcl, read_tau):
        with pytest.raises(DataError, match="holds no items"):
            read(tmp_path)
        with pytest.raises(DataError, match="does not exist"):
            read(tmp_path / "nothing")
    (tmp_path / "policy.md").write_text(POLICY)  # as any domain has one
    with pytest.raises(DataError, match="holds no tasks of tau-bench"):
        read_tau(tmp_path)
    with pytest.raises(UsageError, match="no benchmark"):
        decontaminate([], [])


@given(st.binary(max_size=200))
def test_rubbish_in_a_python_file_is_no_tool(content: bytes) -> None:
    tree = parsed(content)
    assert tree is None or (list(instructions_in(tree)), list(tools_in(tree))) == ([], [])
