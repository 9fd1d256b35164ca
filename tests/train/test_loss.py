"""The loss over a shared prefix is the plain loss, to rounding."""

# ruff: noqa: E402 - what is imported below needs torch
from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from lamforge.train.attention import SEGMENTS, attention_of
from lamforge.train.loss import Tree, collate_packed, packed_loss
from lamforge.train.recipe import TrainingRecipe

VOCABULARY = 50
IGNORED = -100  # label of a token without a loss, in transformers
# In fp32 a sum of some ten cross-entropies of about 4 nats, made in another order: a few units of 2**-24 relative
# each, through two layers. A token more or less in the sum would change it by nats, not by 1e-5 of it.
TOLERANCE = 1e-5


@pytest.fixture(scope="module")
def model() -> Any:
    torch.manual_seed(0)
    attention_of(TrainingRecipe())  # makes it known
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
    model.set_attn_implementation("sdpa")
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


def shared_loss(model: Any, *groups: Any, seen: float = 1.0) -> Any:
    model.set_attn_implementation(SEGMENTS)
    return packed_loss(model, collate_packed(groups, seen))


@pytest.mark.parametrize("share", [1.0, 0.4, 0.0])
def test_the_loss_and_its_gradients_are_those_of_the_whole_sequences(model: Any, share: float) -> None:
    prefix, rows = some_rows()
    plain = plain_loss(model, prefix[11 - round(share * 11) :], rows)
    wanted = gradients(model, plain)
    loss = shared_loss(model, (prefix, rows), seen=share)
    assert collate_packed([(prefix, rows)], share)["count"] == sum(sum(trained) for _, trained in rows)
    assert loss.item() == pytest.approx(plain.item(), rel=TOLERANCE)
    for name, gradient in gradients(model, loss).items():
        scale = wanted[name].abs().max().clamp_min(1e-3).item()
        assert (gradient - wanted[name]).abs().max().item() < 10 * TOLERANCE * scale, name


def test_the_prefix_matters(model: Any) -> None:
    prefix, rows = some_rows()
    losses = [shared_loss(model, (each, rows)).item() for each in (prefix, prefix[::-1])]
    assert abs(losses[0] - losses[1]) > 100 * TOLERANCE * losses[0]


def test_a_row_of_many_prefixes_is_the_sum_of_its_conversations(model: Any) -> None:
    prefix, rows = some_rows()
    others = (prefix[4:], [([3, 1, 4, 1, 5], [True, False, False, True, True])])
    together = shared_loss(model, (prefix, rows[:2]), others, ((), rows[2:3]), (prefix[::-1], rows[1:])).item()
    alone = [shared_loss(model, (prefix, [row])) for row in rows[:2]]
    alone += [shared_loss(model, others), shared_loss(model, ((), rows[2:3]))]
    alone += [shared_loss(model, (prefix[::-1], [row])) for row in rows[1:]]
    assert together == pytest.approx(sum(each.item() for each in alone), rel=TOLERANCE)


def test_a_prefix_that_is_taught_has_its_loss_once(model: Any) -> None:
    prefix, rows = some_rows()
    taught = packed_loss(model, collate_packed([([], rows[:1]), (prefix, rows)], taught=[1])).item()
    others = shared_loss(model, ([], rows[:1]), (prefix, rows)).item()
    alone = shared_loss(model, ([], [(prefix, [True] * len(prefix))])).item()
    assert taught == pytest.approx(others + alone, rel=TOLERANCE)


def test_a_row_says_where_each_token_stands_and_what_is_trained() -> None:
    batch = collate_packed([([9, 8], [([1, 2, 3], [False, True, True]), ([4], [True])]), ((), [([5, 6], [1, 1])])])
    assert batch["input_ids"].tolist() == [[9, 8, 1, 2, 3, 4, 5, 6]]
    assert batch["position_ids"].tolist() == [[0, 1, 2, 3, 4, 2, 0, 1]]
    assert batch["trees"] == [Tree(2, [3, 1]), Tree(0, [2])]
    assert batch["places"].tolist() == [2, 3, 1, 6]  # the 4 follows the prefix, nothing is before the 5
    assert batch["targets"].tolist() == [2, 3, 4, 6]


@pytest.mark.parametrize(("share", "kept"), [(1.0, 11), (0.4, 4), (0.0, 0)])
def test_every_token_keeps_its_position_when_a_part_of_the_prefix_is_left_out(share: float, kept: int) -> None:
    prefix, rows = some_rows()
    batch = collate_packed([(prefix, rows)], share)
    own = [11 + place for tokens, _ in rows for place in range(len(tokens))]
    assert batch["position_ids"].tolist() == [[*range(11 - kept, 11), *own]]
