"""Weights that copy before any training."""

# ruff: noqa: E402 - what is imported below needs torch
from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from lamforge.train.copying import start_copying

VOCABULARY = 500


def fresh(copying: bool, width: int = 256) -> Any:
    torch.manual_seed(0)
    config = transformers.Qwen2Config(
        vocab_size=VOCABULARY,
        hidden_size=width,
        intermediate_size=2 * width,
        num_hidden_layers=3,
        num_attention_heads=4,
        num_key_value_heads=4,
        rope_parameters={"rope_type": "default", "rope_theta": 1e6},
        tie_word_embeddings=True,
    )
    model = transformers.Qwen2ForCausalLM(config).eval()
    if copying:
        start_copying(model)
    return model


def copied(model: Any, gap: int) -> float:
    """How often D is among a model's five likeliest tokens after A B C D ... A B C; by chance one time in 100."""
    random = torch.Generator().manual_seed(1)
    rows = torch.stack([torch.randperm(VOCABULARY, generator=random)[: 40 + gap] for _ in range(32)])
    starts = torch.randint(0, 36, (32,), generator=random)
    ends = torch.stack([row[start : start + 3] for row, start in zip(rows, starts, strict=True)])
    wanted = rows[torch.arange(32), starts + 3]
    with torch.inference_mode():
        logits = model(input_ids=torch.cat([rows, ends], dim=1)).logits[:, -1]
    return float((logits.topk(5).indices == wanted[:, None]).any(-1).float().mean())


@pytest.mark.parametrize("gap", [0, 300])
def test_a_fresh_model_continues_what_it_saw_before(gap: int) -> None:
    assert copied(fresh(copying=True), gap) > 0.6


def test_random_weights_do_not() -> None:
    assert copied(fresh(copying=False), 0) < 0.1


def test_every_weight_of_the_fresh_model_is_finite_and_can_be_trained() -> None:
    model = fresh(copying=True)
    tokens = torch.arange(40)[None]
    model(input_ids=tokens, labels=tokens).loss.backward()
    for name, weight in model.named_parameters():
        assert weight.requires_grad, name
        assert torch.isfinite(weight).all() and torch.isfinite(weight.grad).all(), name
