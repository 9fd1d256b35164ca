"""A model from nothing: texts and conversations in phases, a running mean of its weights, several sittings."""

# ruff: noqa: E402 - what is imported below needs torch
from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from safetensors.torch import load_file

from lamforge.errors import UsageError
from lamforge.train import Recipe, Trained, kept, load_recipe, start, train
from lamforge.train.average import Average
from lamforge.train.estimate import estimate

WORDS = [f"line {n} of the book says {n * 7} and {n * 11}" for n in range(60)]


@pytest.fixture(scope="module")
def folder(conversations: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Texts, conversations and a mix of both, and the recipe of a tiny model."""
    folder = tmp_path_factory.mktemp("pretrain")
    (folder / "texts.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in WORDS))
    sources = {
        "texts": {"path": "texts.jsonl", "holds": "texts", "weight": 3},
        "talks": {"path": str(conversations), "weight": 1, "loss": "assistant"},
    }
    (folder / "mix.yaml").write_text(yaml.safe_dump({"sources": sources, "size": 20}))
    return folder


def recipe(folder: Path, *overrides: str, **changes: Any) -> Recipe:
    shape = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "context_length": 2048}
    settings: dict[str, Any] = {
        "model": {**shape, "initial_weights": "random"},
        "tokenizer": {"vocab_size": 500},
        "training": {"batch_tokens": 2048, "schedule": "wsd", "average": 0.9, "learning_rate": 0.01},
        "phases": [
            {"data": [str(folder / "texts.jsonl")], "epochs": 2, "context_length": 16, "batch_tokens": 256},
            {"tokens": 18000},
        ],
    }
    (folder / "recipe.yaml").write_text(yaml.safe_dump(settings | changes))
    return load_recipe(str(folder / "recipe.yaml"), [*overrides])


def run(folder: Path, out: Path, *overrides: str, **options: Any) -> Trained:
    torch.set_num_threads(1)
    return train("pretrain", recipe(folder, *overrides), [folder / "mix.yaml"], out, **options)


@pytest.fixture(scope="module")
def trained(folder: Path) -> Trained:
    return run(folder, folder / "model")


def test_a_model_from_nothing_learns_in_phases(trained: Trained) -> None:
    rows = [json.loads(line) for line in (trained.out / "loss.jsonl").read_text().splitlines()]
    assert rows[-1]["loss"] < 0.8 * rows[0]["loss"]
    rates = [row["learning_rate"] for row in rows]
    assert max(rates) == pytest.approx(0.01) and rates.count(max(rates)) > len(rates) // 2 and rates[-1] < 0.005
    assert trained.conversations > 60 + 15  # rows of both phases: the first cuts texts to its length
    model = transformers.AutoModelForCausalLM.from_pretrained(trained.out)
    assert model.config.max_position_embeddings == 2048


def test_several_sittings_end_with_the_weights_of_one(
    folder: Path, trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopping(step: int) -> Callable[[int, int, str], None]:
        return lambda done, total, note: signal.raise_signal(signal.SIGINT) if done == step else None

    for step in (2, 9):
        with pytest.raises(KeyboardInterrupt):
            run(folder, tmp_path / "model", progress=stopping(step))
    monkeypatch.setattr(kept, "store_passes", lambda *_: pytest.fail("what is tokenised is kept"))
    monkeypatch.setattr(start, "train_tokenizer", lambda *_: pytest.fail("the tokenizer is kept"))
    again = run(folder, tmp_path / "model")
    assert again.resumed_from >= 9
    one, two = (load_file(out / "model.safetensors") for out in (trained.out, again.out))
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_the_model_has_the_running_mean_of_the_weights(folder: Path, trained: Trained, tmp_path: Path) -> None:
    last = run(folder, tmp_path / "last", "training.average=0")
    one, two = (load_file(out / "model.safetensors") for out in (trained.out, last.out))
    assert any(not torch.equal(one[name], two[name]) for name in one)


def test_a_running_mean_is_what_its_formula_says_and_gives_the_weights_back(tmp_path: Path) -> None:
    layer = torch.nn.Linear(2, 1, bias=False)
    layer.weight.data.fill_(0.0)
    mean = Average(layer, 0.25, None)
    layer.weight.data.fill_(1.0)
    mean.update(1)  # keeps 2 / 11
    layer.weight.data.fill_(3.0)
    mean.update(2)  # keeps 0.25, which is less than 3 / 12 only in name
    mean.save(tmp_path)
    with mean.taken():
        assert layer.weight[0, 0].item() == pytest.approx(0.25 * (9 / 11) + 0.75 * 3)
        expected = layer.weight.clone()
    assert layer.weight[0, 0].item() == 3.0
    with Average(layer, 0.25, tmp_path).taken():
        assert torch.equal(layer.weight, expected)


def test_another_models_tokenizer_serves_a_new_one(folder: Path, trained: Trained, tmp_path: Path) -> None:
    overrides = [f"tokenizer.base={trained.out}", "training.average=0", "training.epochs=0.1"]
    made = train("pretrain", recipe(folder, *overrides, phases=[]), [folder / "texts.jsonl"], tmp_path / "model")
    first, second = (transformers.AutoTokenizer.from_pretrained(out) for out in (trained.out, made.out))
    assert first.get_vocab() == second.get_vocab()


def test_a_dry_run_counts_the_phases(folder: Path) -> None:
    found = estimate("pretrain", recipe(folder), [folder / "mix.yaml"], gpu="h100")
    assert found.conversations == 60 + 20
    assert found.steps > 9


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (["training.max_minutes=1"], "max_minutes would end a run of phases before its last ones"),
        (["training.warmup=0.9"], "warmup and decay are shares of one run"),
        (["model.base=x", "tokenizer.base=y"], "tokenizer.base is for a new model"),
    ],
)
def test_what_contradicts_itself_is_refused(folder: Path, overrides: list[str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        recipe(folder, *overrides)
