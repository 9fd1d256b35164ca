"""What the texts say can be found in what stands before it."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest
from tests.command_line import lamforge

from lamforge.generate.synthetic import recall as recalling
from lamforge.generate.synthetic.recall import recall

SEEDS = range(60)


def test_the_same_seed_and_number_give_the_same_text_and_others_another() -> None:
    assert recall(1, 2) == recall(1, 2)
    assert len({recall(seed, number) for seed in range(4) for number in range(20)}) == 80


@pytest.mark.parametrize("seed", SEEDS)
def test_each_call_is_of_a_thing_whose_words_and_values_the_question_says(seed: int) -> None:
    lines = recalling._chosen(Random(seed)).split("\n")
    things = {each["name"]: each for each in map(json.loads, (line for line in lines if line.startswith('{"name"')))}
    asked = lines[len(things) :]
    assert len(things) >= 2 and len(asked) >= 10
    for question, answer in zip(asked[::2], asked[1::2], strict=True):
        (call,) = json.loads(answer)
        thing = things.pop(call["name"])
        assert set(call["arguments"]) <= set(thing["parameters"])
        assert all(str(value) in question for value in call["arguments"].values())
        own, others = (
            {word for each in some for word in each["description"].split()} for some in ([thing], things.values())
        )
        words = set(question.replace(",", " ").replace(";", " ").split())
        assert words & own and not own & others
        things[call["name"]] = thing


@pytest.mark.parametrize("seed", SEEDS)
def test_each_key_has_its_value_again(seed: int) -> None:
    lines = recalling._looked_up(Random(seed)).split("\n")
    pairs = (
        json.loads(lines[0])
        if lines[0].startswith("{")
        else dict(line.split(": ", 1) for line in lines[: len(lines) * 2 // 5])
    )
    for key, value in pairs.items():
        assert sum(key in line and str(value) in line for line in lines) >= 2


def test_the_command_writes_texts_that_pretraining_reads(tmp_path: Path) -> None:
    done = lamforge("generate", "recall", "--items", 30, "--seed", 5, "--out", tmp_path / "texts.jsonl")
    assert done.returncode == 0, done.stderr
    texts = [json.loads(line)["text"] for line in (tmp_path / "texts.jsonl").read_text().splitlines()]
    assert texts == [recall(5, number) for number in range(30)]
