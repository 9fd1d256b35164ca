"""The loss over a shared prefix is the plain loss, to rounding."""

# ruff: noqa: E402 - what is imported below needs torch
from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from lamforge.train.loss import IGNORED, collate_shared, shared_prefix_loss

VOCABULARY = 50
# In fp32 a sum of some ten cross-entropies of about 4 nats, made in another order: a few units of 2**-24 relative
# each, through two layers. A token more or less in the sum would change it by nats, not by 1e-5 of it.
TOLERANCE = 1e-5


@pytest.fixture(scope="module")
def model() -> Any:
    torch.manual_seed(0)
    config = transformers.Qwen2Config(
        vocab_size=VOCABULARY,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        initializer_range=0.2,  # large enough that attention matters
    )
    return transformers.Qwen2ForCausalLM(config)


def some_rows() -> tuple[list[int], list[tuple[list[int], list[bool]]]]:
    """A prefix and rows of different lengths, whose trained tokens lie at the ends, in the middle, and nowhere."""
    random = torch.Generator().manual_seed(1)

    def tokens(count: int) -> list[int]:
        return list(torch.randint(0, VOCABULARY, (count,), generator=random).tolist())

    masks = [[0, 1, 1, 0, 1], [0, 0, 0, 1, 1, 1, 0, 0, 1], [0, 1], [0, 0, 0]]
    return tokens(11), [(tokens(len(mask)), list(map(bool, mask))) for mask in masks]


def plain_loss(model: Any, prefix: list[int], rows: list[tuple[list[int], list[bool]]]) -> Any:
    """transformers' own loss, one whole sequence after the other."""
    total = 0.0
    for tokens, trained in rows:
        if not any(trained):
            continue
        labels = [IGNORED] * len(prefix) + [t if on else IGNORED for t, on in zip(tokens, trained, strict=True)]
        output = model(input_ids=torch.tensor([prefix + tokens]), labels=torch.tensor([labels]))
        total = total + output.loss * sum(trained)
    return total


def gradients(model: Any, loss: Any) -> dict[str, Any]:
    model.zero_grad()
    loss.backward()
    return {name: weight.grad.clone() for name, weight in model.named_parameters()}


@pytest.mark.parametrize("share", [1.0, 0.4, 0.0])
def test_the_loss_and_its_gradients_are_those_of_the_whole_sequences(model: Any, share: float) -> None:
    prefix, rows = some_rows()
    batch = collate_shared(prefix, rows, pad=0, seen=share)
    loss = shared_prefix_loss(model, batch)
    plain = plain_loss(model, prefix[11 - round(share * 11) :], rows)
    assert batch["count"] == sum(sum(trained) for _, trained in rows)
    assert loss.item() == pytest.approx(plain.item(), rel=TOLERANCE)
    wanted = gradients(model, plain)
    for name, gradient in gradients(model, loss).items():
        scale = wanted[name].abs().max().clamp_min(1e-3).item()
        assert (gradient - wanted[name]).abs().max().item() < 10 * TOLERANCE * scale, name


def test_the_prefix_matters(model: Any) -> None:
    prefix, rows = some_rows()
    losses = [shared_prefix_loss(model, collate_shared(p, rows, pad=0)).item() for p in (prefix, prefix[::-1])]
    assert abs(losses[0] - losses[1]) > 100 * TOLERANCE * losses[0]


def test_a_batch_is_the_sum_of_its_rows(model: Any) -> None:
    prefix, rows = some_rows()
    together = shared_prefix_loss(model, collate_shared(prefix, rows, pad=0)).item()
    alone = sum(shared_prefix_loss(model, collate_shared(prefix, [row], pad=0)).item() for row in rows)
    assert together == pytest.approx(alone, rel=TOLERANCE)


def test_what_rows_are_filled_up_with_has_no_effect(model: Any) -> None:
    prefix, rows = some_rows()
    losses = [shared_prefix_loss(model, collate_shared(prefix, rows, pad=pad)).item() for pad in (0, 17, 49)]
    assert losses[0] == losses[1] == losses[2]


def test_a_batch_says_where_its_rows_end_and_what_is_trained() -> None:
    batch = collate_shared([9, 9], [([1, 2, 3], [False, True, True]), ([4], [True])], pad=7)
    assert batch["input_ids"].tolist() == [[1, 2, 3], [4, 7, 7]]
    assert batch["labels"].tolist() == [[IGNORED, 2, 3], [4, IGNORED, IGNORED]]
    assert batch["prefix"].tolist() == [[9, 9]]


@pytest.mark.parametrize(("share", "kept"), [(1.0, 11), (0.4, 4), (0.0, 0)])
def test_every_token_keeps_its_position_when_a_part_of_the_prefix_is_left_out(
    model: Any, share: float, kept: int
) -> None:
    prefix, rows = some_rows()
    seen: list[Any] = []

    def look(module: Any, words: Any, options: dict[str, Any]) -> None:
        if options.get("position_ids") is not None:
            seen.append(options["position_ids"][0].tolist())

    hook = model.model.register_forward_pre_hook(look, with_kwargs=True)
    try:
        shared_prefix_loss(model, collate_shared(prefix, rows, pad=0, seen=share))
    finally:
        hook.remove()
    assert seen == [list(range(11 - kept, 11))] * bool(kept) + [list(range(11, 20))]
