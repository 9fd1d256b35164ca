"""A packed row is its conversations one after the other, to rounding, whatever computes the attention."""

# ruff: noqa: E402 - what is imported below needs torch
from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from lamforge.errors import TrainingError
from lamforge.train import cross_entropy
from lamforge.train.attention import SEGMENTS, attention_of
from lamforge.train.cross_entropy import cross_entropies
from lamforge.train.loss import alone, collate_packed, packed_logits, packed_loss
from lamforge.train.recipe import TrainingRecipe

VOCABULARY = 50
TOLERANCE = 1e-5  # as in test_loss: sums of a few cross-entropies in fp32, made in another order
SHAPE = {
    "vocab_size": VOCABULARY,
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "initializer_range": 0.2,  # large enough that attention matters
}
FAMILIES = {"qwen2": (transformers.Qwen2Config, transformers.Qwen2ForCausalLM)} | {
    "llama": (transformers.LlamaConfig, transformers.LlamaForCausalLM)
}


@pytest.fixture(scope="module", params=sorted(FAMILIES))
def model(request: pytest.FixtureRequest) -> Any:
    torch.manual_seed(0)
    attention_of(TrainingRecipe.model_validate({"attention": "segments"}))  # makes it known
    config, kind = FAMILIES[request.param]
    return kind(config(**SHAPE))


def some_rows() -> list[tuple[list[int], list[int]]]:
    random = torch.Generator().manual_seed(1)
    masks = [[0, 1, 1, 0, 1], [1, 0, 0, 1, 1, 1, 0, 0, 1, 0, 1, 1], [0], [0, 1], [1]]
    return [(torch.randint(0, VOCABULARY, (len(mask),), generator=random).tolist(), mask) for mask in masks]


def plain_loss(model: Any, rows: list[tuple[list[int], list[int]]]) -> Any:
    """transformers' own loss, one sequence after the other."""
    model.set_attn_implementation("sdpa")
    total: Any = 0.0
    for tokens, trained in rows:
        labels = [token if on else -100 for token, on in zip(tokens, trained, strict=True)]
        if any(trained[1:]):
            loss = model(input_ids=torch.tensor([tokens]), labels=torch.tensor([labels])).loss
            total = total + loss * sum(trained[1:])
    return total


def gradients(model: Any, loss: Any) -> dict[str, Any]:
    model.zero_grad()
    loss.backward()
    return {name: weight.grad.clone() for name, weight in model.named_parameters()}


@pytest.mark.parametrize("attention", [SEGMENTS, "sdpa", "eager"])
def test_the_loss_and_its_gradients_are_those_of_the_separate_conversations(model: Any, attention: str) -> None:
    plain = plain_loss(model, some_rows())
    wanted = gradients(model, plain)
    model.set_attn_implementation(attention)
    batch = collate_packed(alone(some_rows()))
    loss = packed_loss(model, batch)
    assert batch["count"] == sum(sum(mask[1:]) for _, mask in some_rows())
    assert loss.item() == pytest.approx(plain.item(), rel=TOLERANCE)
    for name, gradient in gradients(model, loss).items():
        scale = wanted[name].abs().max().clamp_min(1e-3).item()
        assert (gradient - wanted[name]).abs().max().item() < 10 * TOLERANCE * scale, name


@pytest.mark.parametrize("attention", [SEGMENTS, "sdpa", "eager"])
def test_the_logits_are_those_of_the_separate_conversations(model: Any, attention: str) -> None:
    rows = [(tokens, [1] * len(tokens)) for tokens, _ in some_rows()]
    model.set_attn_implementation("eager")
    separate = [model(input_ids=torch.tensor([tokens])).logits[0, :-1] for tokens, _ in rows]
    model.set_attn_implementation(attention)
    together = packed_logits(model, collate_packed(alone(rows)))
    assert torch.allclose(together, torch.cat(separate), atol=1e-5)


def test_what_stands_before_a_conversation_in_its_row_has_no_effect(model: Any) -> None:
    model.set_attn_implementation(SEGMENTS)
    last = some_rows()[1]
    others = [([7, 8, 9], [0, 0, 0]), ([1], [0]), ([3] * 20, [0] * 20)]
    found = [packed_loss(model, collate_packed(alone([*before, last]))).item() for before in ([], others[:1], others)]
    assert found == pytest.approx([found[0]] * 3, rel=TOLERANCE)


@pytest.mark.parametrize("prefix", [[], [4, 5, 6, 7]], ids=["alone", "shared"])
def test_gradient_checkpointing_changes_nothing(model: Any, prefix: list[int]) -> None:
    model.set_attn_implementation(SEGMENTS)
    batch = collate_packed([(prefix, some_rows())] if prefix else alone(some_rows()))
    wanted = gradients(model, packed_loss(model, batch))
    model.train()
    model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    try:
        for name, gradient in gradients(model, packed_loss(model, batch)).items():
            assert torch.equal(gradient, wanted[name]), name
    finally:
        model.gradient_checkpointing_disable()


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("rows", [1, 3, 100])  # whose copies exist at once
def test_cross_entropies_and_their_gradient_are_those_of_pytorch(
    monkeypatch: pytest.MonkeyPatch, rows: int, dtype: torch.dtype
) -> None:
    monkeypatch.setitem(cross_entropy._AT_ONCE, "cpu", rows * VOCABULARY)
    logits = torch.randn(10, VOCABULARY, requires_grad=True, dtype=dtype)
    targets, weights = torch.arange(10), torch.rand(10)
    wanted = torch.nn.functional.cross_entropy(logits.float(), targets, reduction="none")
    found = cross_entropies(logits, targets)
    torch.testing.assert_close(found, wanted)
    gradients = [torch.autograd.grad((each * weights).sum(), logits)[0] for each in (found, wanted)]
    torch.testing.assert_close(*gradients)


def test_no_targets_have_no_cross_entropies() -> None:
    logits = torch.randn(0, VOCABULARY, requires_grad=True)
    found = cross_entropies(logits, torch.arange(0))
    assert found.shape == (0,)
    assert torch.autograd.grad(found.sum(), logits)[0].shape == (0, VOCABULARY)


def test_a_shared_prefix_needs_an_attention_that_knows_it() -> None:
    shared = {"batching": "shared_prefix"}
    assert attention_of(TrainingRecipe.model_validate(shared)) == SEGMENTS
    with pytest.raises(TrainingError, match="attention=sdpa does not know a shared prefix"):
        attention_of(TrainingRecipe.model_validate({**shared, "attention": "sdpa"}))
