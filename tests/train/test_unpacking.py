"""GGUF files as a base: the weights and the tokenizer that come back are those that went in."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from tests.tiny_gguf import write_tiny_gguf
from transformers import AutoModelForCausalLM, AutoTokenizer

from lamforge.errors import TrainingError
from lamforge.export import export_gguf
from lamforge.train import load_recipe, train
from lamforge.train.estimate import estimate
from lamforge.train.unpacking import unpack, unpacked


@pytest.fixture(scope="module")
def packed(small_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export_gguf(small_model, tmp_path_factory.mktemp("packed"), ("f32",))[0]


def test_a_file_gives_back_the_checkpoint_it_was_made_of(small_model: Path, packed: Path, tmp_path: Path) -> None:
    unpack(packed, tmp_path)
    before = AutoModelForCausalLM.from_pretrained(small_model).state_dict()
    after = AutoModelForCausalLM.from_pretrained(tmp_path).state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name].float(), after[name]) for name in before)


def test_the_tokenizer_comes_back_token_for_token(small_model: Path, packed: Path, tmp_path: Path) -> None:
    unpack(packed, tmp_path)
    before, after = (AutoTokenizer.from_pretrained(folder) for folder in (small_model, tmp_path))
    text = '<|im_start|>user\nZoë pays $12.50 for "Bücher"\r\n\t<|im_end|>[{"name": "find", "arguments": {}}]'
    assert before(text)["input_ids"] == after(text)["input_ids"]
    assert before.chat_template == after.chat_template
    assert (before.eos_token, before.pad_token) == (after.eos_token, after.pad_token)


def test_a_run_starts_from_a_file_and_the_same_command_goes_on(
    packed: Path, conversations: Path, tmp_path: Path
) -> None:
    recipe = load_recipe("tests/small.yaml", [f"model={packed}", "training.epochs=0.1"])
    trained = train("sft", recipe, [conversations], tmp_path / "out")
    assert trained.steps > 0
    assert train("sft", recipe, [conversations], tmp_path / "out").steps == trained.steps
    assert not list((tmp_path / "out").glob(".base.*"))


def test_a_dry_run_counts_the_weights_of_a_file(small_model: Path, packed: Path, conversations: Path) -> None:
    recipe = load_recipe("tests/small.yaml", [f"model={packed}"])
    weights = AutoModelForCausalLM.from_pretrained(small_model).num_parameters()
    found = estimate("sft", recipe, [conversations])
    assert (found.parameters, found.counted) == (weights, True)


def test_a_file_of_rounded_weights_is_refused_and_leaves_nothing(small_model: Path, tmp_path: Path) -> None:
    rounded = export_gguf(small_model, tmp_path, ("q4_k_m",))[0]
    with pytest.raises(TrainingError, match="rounded to"):
        unpacked(load_recipe("tests/small.yaml", [f"model={rounded}"]), tmp_path / "out" / "base")
    assert not list((tmp_path / "out").iterdir())


def test_a_tokenizer_that_makes_no_sense_is_refused(tmp_path: Path) -> None:
    strange = write_tiny_gguf(tmp_path / "strange.gguf")  # it merges to a token that it does not have
    with pytest.raises(TrainingError, match="its tokenizer makes no sense"):
        unpack(strange, tmp_path / "folder")
