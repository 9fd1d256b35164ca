"""Whatever the assistant says can be found in what stands before it."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from tests.command_line import lamforge

from lamforge.data import read_trajectories
from lamforge.generate.synthetic.recall import SAME, recall
from lamforge.tools import ArgumentCheck


def test_the_same_seed_and_number_give_the_same_record_and_others_another() -> None:
    assert recall(1, 2) == recall(1, 2)
    assert len({json.dumps(recall(seed, number)["messages"]) for seed in range(4) for number in range(20)}) == 80


@pytest.mark.parametrize("number", range(0, 40 * SAME, SAME))
def test_each_call_is_of_the_tool_whose_words_and_values_the_question_says(number: int) -> None:
    record = recall(3, number, calls=1.0)
    assert recall(3, number + 1, calls=1.0)["tools"] == record["tools"]
    question, answer = record["messages"]
    (call,) = answer["tool_calls"]
    tools = {tool["function"]["name"]: tool["function"] for tool in record["tools"]}
    tool = tools.pop(call["function"]["name"])
    said = question["content"].replace(",", " ").replace(";", " ").split()
    assert set(said) & set(tool["description"].split())
    assert ArgumentCheck(tool["parameters"]).fits(call["function"]["arguments"])
    assert all(value in question["content"] for value in call["function"]["arguments"].values())
    others = Counter(word for other in tools.values() for word in other["description"].split())
    assert not set(tool["description"].split()) & set(others)


@pytest.mark.parametrize("number", range(0, 40 * SAME, SAME))
def test_each_answer_belongs_to_what_the_question_says(number: int) -> None:
    system, *turns = recall(4, number, calls=0.0)["messages"]
    told = system["content"]
    pairs = json.loads(told) if told.startswith("{") else dict(line.split(": ", 1) for line in told.split("\n"))
    for question, answer in zip(turns[::2], turns[1::2], strict=True):
        name = answer["content"]
        if pairs.get(question["content"]) != name:  # then words of a name are asked for, not a key
            assert set(question["content"].split()) & set(pairs[name].split())


def test_the_command_writes_conversations_that_training_reads(tmp_path: Path) -> None:
    path = tmp_path / "new" / "recall.jsonl"
    done = lamforge("generate", "recall", "--items", 30, "--seed", 5, "--out", path)
    assert done.returncode == 0, done.stderr
    assert [each.trajectory_id for each in read_trajectories(path)] == [
        recall(5, n)["trajectory_id"] for n in range(30)
    ]
