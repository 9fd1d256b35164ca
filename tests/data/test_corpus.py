from __future__ import annotations

import json
from pathlib import Path

import pytest

from lamforge.data.corpus import Corpus, load_corpus, make_corpus
from lamforge.errors import IncompleteError, UsageError
from lamforge.train.recipe import load_recipe

RECIPE = Path(__file__).parents[2] / "recipes" / "nano-pretrain.yaml"
COMPOSE = "generate domains --count {count} --seed 3 --out {out}/domains"


def _corpus(**steps: str | list[str]) -> Corpus:
    return Corpus.model_validate({"values": {"count": 1, "elsewhere": ""}, "steps": steps})


def test_steps_are_run_in_order_and_not_again(tmp_path: Path) -> None:
    corpus = _corpus(compose=[COMPOSE, "generate domains --count 1 --seed 4 --out {out}/others"])
    made = make_corpus(corpus, tmp_path)
    assert (list(made.done), made.last) == (["compose"], str(tmp_path / "others"))
    assert (tmp_path / "domains" / "composed.json").exists() and (tmp_path / "others" / "composed.json").exists()
    assert make_corpus(corpus, tmp_path).skipped == ["compose"]


def test_a_step_that_fails_ends_the_run_which_then_goes_on_from_there(tmp_path: Path) -> None:
    corpus = _corpus(compose=COMPOSE, read="data stats {out}/later.jsonl")
    with pytest.raises(IncompleteError, match="step read ended with exit code 5"):
        make_corpus(corpus, tmp_path)
    assert list(json.loads((tmp_path / "steps.json").read_text())) == ["compose"]
    (tmp_path / "later.jsonl").write_text("")
    again = _corpus(compose=COMPOSE, read="generate domains --count 1 --out {out}/read")
    made = make_corpus(again, tmp_path)
    assert made.skipped == ["compose"] and list(made.done) == ["read"]


def test_a_step_without_its_value_is_left_out_and_so_is_its_source(tmp_path: Path) -> None:
    corpus = Corpus(
        values={"sgd": ""},
        steps={"sgd": ["data import {sgd} --out {out}/sgd.jsonl"]},
        mixes={
            "one": {"seed": 1, "sources": {"sgd": {"path": "sgd.jsonl"}, "other": {"path": "{out}/other.jsonl"}}},
            "two": {"seed": 2, "sources": {"sgd": {"path": "sgd.jsonl"}}},
        },
    )
    made = make_corpus(corpus, tmp_path)
    assert made.left_out == {"sgd": "sgd"} and not made.done and made.last == str(tmp_path)
    one, two = ((tmp_path / f"{name}.yaml").read_text() for name in ("one", "two"))
    assert "sgd" not in one + two and f"{tmp_path}/other.jsonl" in one and "seed: 2" in two


def test_a_mix_whose_name_is_no_file_name_is_refused() -> None:
    with pytest.raises(ValueError, match="should match pattern"):
        Corpus.model_validate({"steps": {"a": "doctor"}, "mixes": {"../a": {"seed": 1}}})


def test_a_value_that_nobody_defined_is_named(tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text("corpus: {values: {count: 2}, steps: {one: 'generate domains --count {counts} --out {out}'}}")
    with pytest.raises(UsageError, match=r"corpus.steps.one: no value counts"):
        load_corpus(recipe)


def test_a_command_that_no_shell_could_read_is_named(tmp_path: Path) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text("corpus: {steps: {first: 'generate synthetic --out \"a'}}")
    with pytest.raises(UsageError, match=r"recipe.yaml: corpus.steps.first: .*[Nn]o closing quotation"):
        load_corpus(path)


def test_the_bundled_recipe_can_be_read_by_both_verbs_and_its_values_changed() -> None:
    assert load_corpus(RECIPE, ["items=7"]).values["items"] == 7
    recipe = load_recipe(str(RECIPE))
    assert recipe.corpus is not None and "template" not in " ".join(map(str, recipe.corpus.steps.values()))
    assert recipe.model.context_length == 8192
