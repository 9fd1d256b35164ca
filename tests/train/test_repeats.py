"""Random tokens said twice: what they are, and that a run with them learns to copy and keeps it."""

# ruff: noqa: E402 - what is imported below needs torch
from __future__ import annotations

import json
from array import array
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

import numpy as np

from lamforge.data import Passes, Row, Rows
from lamforge.errors import UsageError
from lamforge.train import load_recipe, train
from lamforge.train.estimate import estimate
from lamforge.train.objectives import Packed, Repeats
from lamforge.train.recipe import Recipe, TrainingRecipe
from lamforge.train.repeats import SHORTEST, Words, said_again, words_of

WORDS = Words(np.arange(10, 400), np.arange(20, 30))
BEFORE = array("i", range(1000, 1400))


def pieces(tokens: Any, mask: bytes) -> list[list[int]]:
    """What is said again in a row: a token without a loss, then those that have one."""
    start = mask.index(1) - 1
    starts = [place for place in range(start, len(mask)) if not mask[place]]
    return [list(tokens[one:other]) for one, other in zip(starts, [*starts[1:], len(mask)], strict=True)]


def inside(piece: list[int], text: list[int]) -> bool:
    return any(text[place : place + len(piece)] == piece for place in range(len(text) - len(piece) + 1))


@pytest.mark.parametrize("before", [(), BEFORE], ids=["alone", "behind a prefix"])
@pytest.mark.parametrize("seed", range(20))
def test_every_piece_with_a_loss_stood_before(seed: int, before: Any) -> None:
    found = said_again(WORDS, 500, [seed], before)
    assert found and sum(len(tokens) for tokens, _ in found) <= 500
    for tokens, mask in found:
        said = list(tokens[: mask.index(1) - 1])
        assert len(tokens) == len(mask) >= SHORTEST and set(said) <= set(WORDS.all)
        assert all(inside(piece, said) or inside(piece, list(before)) for piece in pieces(tokens, mask))


def test_pieces_are_of_both_of_many_tokens_of_few_and_of_digits() -> None:
    rows = [row for seed in range(40) for row in said_again(WORDS, 500, [seed], BEFORE)]
    again = [piece for tokens, mask in rows for piece in pieces(tokens, mask)]
    assert 0.4 < sum(piece[0] in set(BEFORE) for piece in again) / len(again) < 0.6
    runs = [set(tokens[place : place + 8]) for tokens, mask in rows for place in range(0, mask.index(1) - 8, 8)]
    assert sum(run <= set(WORDS.digits) for run in runs) > len(runs) / 10
    assert sum(len(run) == 8 for run in runs) > len(runs) / 10


def test_a_seed_is_one_draw_and_lengths_differ_between_seeds() -> None:
    one, two = (said_again(WORDS, 500, [3, 1]) for _ in range(2))
    assert all((a == b).all() for (a, _), (b, _) in zip(one, two, strict=True))
    assert len({len(said_again(WORDS, 500, [3, number])[0][0]) for number in range(20)}) > 10


def test_too_few_tokens_hold_none() -> None:
    assert said_again(WORDS, SHORTEST - 1, [0]) == []


def test_a_tokenizer_without_digits_of_their_own_has_none() -> None:
    found = said_again(Words(WORDS.all, WORDS.digits[:0]), 500, [1])
    assert all(set(tokens) <= set(WORDS.all) for tokens, _ in found)


def test_nothing_but_repeats_fills_its_tokens_and_ends() -> None:
    training = TrainingRecipe.model_validate({"batch_tokens": 512, "repeats_first": 1100})
    objective = Repeats(training, WORDS)
    batches = objective.batches(0)
    assert len(batches) == 3 and all(
        256 < objective.collate(batch, 0.0)["input_ids"].numel() <= 512 for batch in batches
    )
    assert objective.nothing()["count"] == 0


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("repeats") / "texts.jsonl"
    lines = (json.dumps({"text": f"line {n} of the book says {n * 7} and {n * 11}"}) + "\n" for n in range(300))
    path.write_text("".join(lines))
    return path


def run(texts: Path, out: Path, *overrides: str, kind: Any = "pretrain") -> Any:
    torch.set_num_threads(1)
    path = texts.with_name("recipe.yaml")
    shape = "{hidden_size: 128, intermediate_size: 64, num_hidden_layers: 2, context_length: 512}"
    path.write_text(
        f"model: {shape}\ntokenizer: {{vocab_size: 400}}\ntraining: {{batch_tokens: 512, optimizer: muon}}\n"
    )
    return train(kind, load_recipe(str(path), [*overrides]), [texts], out)


def second_saying(folder: Path) -> float:
    """Nats a token of 24 random tokens that are said again, from the fourth on: chance is 6 of 400."""
    model = transformers.AutoModelForCausalLM.from_pretrained(folder)
    words = words_of(transformers.AutoTokenizer.from_pretrained(folder)).all
    said = torch.tensor(np.random.default_rng(7).choice(words, (16, 24)))
    with torch.inference_mode():
        scores = model(torch.cat([said, said], dim=1)).logits[:, :-1].log_softmax(-1)
    return float(-scores[:, 27:].gather(-1, said[:, 4:, None]).mean())


def test_copying_is_kept_where_texts_alone_lose_it(texts: Path, tmp_path: Path) -> None:
    overrides = ["training.epochs=8", "training.matrix_rate=0.01", "training.repeats_first=30000"]
    run(texts, tmp_path / "first", *overrides)
    run(texts, tmp_path / "always", *overrides, "training.repeats=0.25")
    assert second_saying(tmp_path / "always") < second_saying(tmp_path / "first") - 1.0


def test_the_estimate_counts_them(texts: Path, tmp_path: Path) -> None:
    def steps(*overrides: str) -> int:
        path = tmp_path / "recipe.yaml"
        path.write_text("training: {batch_tokens: 512}\n")
        return estimate("pretrain", load_recipe(str(path), [*overrides]), [texts]).steps

    assert steps("training.repeats_first=5120") == steps() + 10
    assert steps("training.repeats=0.5") > 1.8 * steps()


@pytest.mark.parametrize("setting", ["training.repeats=0.1", "training.repeats_first=1000"])
def test_pairs_are_not_mixed_with_them(texts: Path, tmp_path: Path, setting: str) -> None:
    with pytest.raises(UsageError, match="repeats nothing"):
        run(texts, tmp_path / "model", setting, kind="dpo")
    with pytest.raises(UsageError, match="repeats nothing"):
        estimate("dpo", load_recipe("scratch", [setting]), [texts])


@pytest.mark.parametrize("phases", [[], [{"batch_tokens": 4000}, {"batch_tokens": 1000}]])
def test_a_share_too_small_to_say_anything_is_refused(phases: list[dict[str, int]]) -> None:
    training = {"batch_tokens": 4000 if phases else 1000, "repeats": 0.01}
    with pytest.raises(ValueError, match="of a batch of 1000 tokens is less than a row of 16"):
        Recipe.model_validate({"training": training, "phases": phases})


@pytest.mark.parametrize("batching", ["packed", "shared_prefix"])
def test_they_take_the_room_that_a_batch_leaves_and_no_more(batching: str) -> None:
    rows = Rows(prefixes=[array("i", range(300))])
    rows.rows = [Row(0, array("i", range(length)), b"\1" * length) for length in (40, 90, 60, 700, 20, 250)]
    training = TrainingRecipe.model_validate({"batch_tokens": 1000, "repeats": 0.3, "batching": batching})
    packed = Packed(Passes(rows, [array("q", range(6))]), training, WORDS)
    for batch in packed.batches(0):
        one, two = (packed.collate(batch, 1.0) for _ in range(2))
        alone = sum(len(rows.rows[index].tokens) for index in batch)
        prefix = 300 if batching == "shared_prefix" else 0  # batches have so many tokens behind it
        conversations = alone + (prefix or 300 * len(batch))
        assert conversations <= one["input_ids"].numel() <= max(1000 + prefix, conversations)
        assert (one["input_ids"].numel() > conversations) == (conversations - prefix <= 1000 - SHORTEST)
        assert (one["input_ids"] == two["input_ids"]).all()


@pytest.mark.parametrize("seen", [1.0, 0.5])
def test_behind_a_prefix_they_say_what_is_seen_of_it(seen: float) -> None:
    rows = Rows(prefixes=[array("i", range(1000, 1300))])
    rows.rows = [Row(0, array("i", range(40)), b"\1" * 40)]
    training = TrainingRecipe.model_validate(
        {"batch_tokens": 1000, "repeats": 0.5, "batching": "shared_prefix", "prefix_growth": 1}
    )
    packed = Packed(Passes(rows, [array("q", range(1))]), training, WORDS)
    made = packed.collate([0], seen)
    (tree,) = made["trees"]
    assert tree.prefix == 300 * seen and tree.lengths[0] == 40 and len(tree.lengths) > 1
    again = [int(token) for token in made["targets"] if token >= 1000]
    assert again and min(again) >= 1300 - tree.prefix
    assert made["position_ids"][0, tree.prefix + 40] == 300
