"""Which weights are moved by what, and that a schedule reaches all of them."""

# ruff: noqa: E402 - what is imported below needs torch
from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from lamforge.train.optimizer import make_optimizer
from lamforge.train.recipe import TrainingRecipe

TABLE = "model.embed_tokens.weight"


@pytest.fixture
def model() -> Any:
    torch.manual_seed(0)
    config = transformers.Qwen2Config(
        vocab_size=20,
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=1,
        num_attention_heads=4,
        num_key_value_heads=4,
        tie_word_embeddings=True,
    )
    return transformers.Qwen2ForCausalLM(config)


def moved(model: Any, optimizer: Any) -> dict[str, float]:
    """How far each weight moves in one step along gradients of ones."""
    before = {name: weight.detach().clone() for name, weight in model.named_parameters()}
    for weight in model.parameters():
        weight.grad = torch.ones_like(weight)
    optimizer.step()
    return {name: float((weight.detach() - before[name]).abs().max()) for name, weight in model.named_parameters()}


def training(optimizer: str, **options: float) -> TrainingRecipe:
    return TrainingRecipe.model_validate({"optimizer": optimizer, "weight_decay": 0.0, **options})


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_every_weight_moves_at_its_own_rate(model: Any, optimizer: str) -> None:
    recipe = training(optimizer, learning_rate=1e-3, matrix_rate=1e-6, embedding_rate=0.1)
    distances = moved(model, make_optimizer(model, recipe))
    for name, weight in model.named_parameters():
        if name == TABLE:
            assert distances[name] == pytest.approx(1e-4, rel=0.01)  # Adam's first step is the rate itself
        elif weight.ndim == 2 and optimizer == "muon":
            assert 0 < distances[name] < 1e-5, name
        else:
            assert distances[name] == pytest.approx(1e-3, rel=0.01), name


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_only_matrices_decay(model: Any, optimizer: str) -> None:
    groups = make_optimizer(model, training(optimizer, weight_decay=0.5)).param_groups
    decayed = {id(weight) for group in groups if group["weight_decay"] for weight in group["params"]}
    for name, weight in model.named_parameters():
        assert (id(weight) in decayed) is (weight.ndim == 2 and name != TABLE), name


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_a_rate_that_is_set_after_a_state_was_restored_counts(model: Any, optimizer: str) -> None:
    made = make_optimizer(model, training(optimizer))
    moved(model, made)
    made.load_state_dict(made.state_dict())
    for group in made.param_groups:
        group["lr"] = 0.0
    assert set(moved(model, made).values()) == {0.0}
