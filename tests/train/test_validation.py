"""What is held out, which model is kept, and when a run ends before its time."""

# ruff: noqa: E402 - what is imported below needs torch
from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from safetensors.torch import load_file
from tests.conftest import SMALL

from lamforge.data import make_rows, read_trajectories
from lamforge.errors import DataError, MissingExtraError, UsageError
from lamforge.formats import get_format
from lamforge.train import Trained, load_recipe, train
from lamforge.train.material import is_held_out

PACKED = ("training.batching=packed", "training.batch_tokens=4096")
HELD = ("training.validation_share=0.3", "training.epochs=1", "training.evaluations=4", *PACKED)


def run(conversations: Path, out: Path, *overrides: str, **options: Any) -> Trained:
    torch.set_num_threads(1)
    return train("sft", load_recipe(str(SMALL), [*overrides]), [conversations], out, **options)


def same_weights(one: Path, two: Path) -> bool:
    first, second = (load_file(out / "model.safetensors") for out in (one, two))
    return all(torch.equal(first[name], second[name]) for name in first)


@pytest.fixture(scope="module")
def held(conversations: Path, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    return run(conversations, tmp_path_factory.mktemp("held") / "model", *HELD, "training.best_by=loss")


def test_what_is_held_out_is_not_trained_and_all_of_a_task_is_on_one_side(held: Trained, conversations: Path) -> None:
    read = list(read_trajectories(conversations))
    out = [each for each in read if is_held_out(each, 0.3, 0)]
    assert 0 < len(out) < len(read)
    assert held.conversations == len(read) - len(out)
    other = read[0].model_copy(update={"trajectory_id": "again", "attempt": 7})
    assert is_held_out(other, 0.3, 0) == is_held_out(read[0], 0.3, 0)
    shares = [sum(is_held_out(each, share, 0) for each in read) for share in (0.0, 0.1, 0.5, 0.89)]
    assert shares[0] == 0 and shares == sorted(shares)


def test_the_loss_of_an_evaluation_is_the_mean_over_what_is_held_out(held: Trained, conversations: Path) -> None:
    assert held.best is not None
    model = transformers.AutoModelForCausalLM.from_pretrained(held.out, dtype=torch.float32)
    tokenizer = transformers.AutoTokenizer.from_pretrained(held.out)
    data = make_rows(
        [conversations],
        get_format("xlam-qwen/always"),
        tokenizer,
        2048,
        wanted=lambda each: is_held_out(each, 0.3, 0),
    )
    total, count = 0.0, 0
    for row in data.rows:
        prefix = data.prefixes[row.prefix]
        labels = [t if on else -100 for t, on in zip(row.tokens, row.trained, strict=True)]
        with torch.inference_mode():
            loss = model(
                input_ids=torch.tensor([list(prefix + row.tokens)]),
                labels=torch.tensor([[-100] * len(prefix) + labels]),
            ).loss
        total, count = total + loss.item() * sum(row.trained), count + sum(row.trained)
    assert held.best["loss"] == pytest.approx(total / count, rel=1e-4)  # the kept weights are those of that evaluation


def test_evaluations_are_spread_over_the_run_and_recorded(held: Trained) -> None:
    rows = [json.loads(line) for line in (held.out / "validation.jsonl").read_text().splitlines()]
    assert [row["milestone"] for row in rows] == [1, 2, 3, 4]
    assert rows[-1]["step"] == held.steps and rows == held.evaluations
    assert rows[-1]["loss"] < rows[0]["loss"]
    assert (held.out / "loss.png").read_bytes().startswith(b"\x89PNG")
    assert not (held.out / "best").exists()


def falling_after(good: int) -> Callable[[Path], float]:
    """A judge that finds each model better than the last one, `good` times, and then worse ones."""
    asked: list[Path] = []

    def judge(folder: Path) -> float:
        transformers.AutoModelForCausalLM.from_pretrained(folder)  # it is a whole model
        asked.append(folder)
        return len(asked) / 10 if len(asked) <= good else 0.05

    return judge


def test_the_model_that_a_judge_likes_best_is_kept_and_patience_ends_the_run(
    conversations: Path, tmp_path: Path
) -> None:
    overrides = (
        *PACKED,
        "training.evaluations=6",
        "training.best_by=pass^1",
        "training.patience=2",
        "training.epochs=1",
    )
    trained = run(conversations, tmp_path / "model", *overrides, judge=falling_after(2))
    assert trained.stopped_early and trained.best is not None
    assert [row["pass^1"] for row in trained.evaluations] == [0.1, 0.2, 0.05, 0.05]
    assert trained.best["milestone"] == 2 and trained.steps > trained.best["step"]
    end = trained.best["step"]
    cut: list[Path] = []

    def keep(folder: Path) -> float:
        cut.append(folder)
        if len(cut) == 2:  # the model at the best evaluation of an equal run
            (tmp_path / "then").mkdir()
            (tmp_path / "then" / "model.safetensors").write_bytes((folder / "model.safetensors").read_bytes())
        return 0.0

    run(conversations, tmp_path / "other", *PACKED, "training.evaluations=6", "training.epochs=1", judge=keep)
    assert same_weights(trained.out, tmp_path / "then") and end < trained.steps


def test_a_run_that_is_interrupted_between_evaluations_ends_with_the_same_model(
    held: Trained, conversations: Path, tmp_path: Path
) -> None:
    def interrupt(done: int, total: int, note: str) -> None:
        if done == total // 2 + 1:
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        run(conversations, tmp_path / "model", *HELD, "training.best_by=loss", progress=interrupt)
    again = run(conversations, tmp_path / "model", *HELD, "training.best_by=loss")
    assert again.resumed_from > 0
    assert again.evaluations == held.evaluations and same_weights(again.out, held.out)


def test_files_can_be_held_out_instead(conversations: Path, tmp_path: Path) -> None:
    lines = conversations.read_text().splitlines(keepends=True)
    (tmp_path / "train.jsonl").write_text("".join(lines[:30]))
    (tmp_path / "held.jsonl").write_text("".join(lines[30:]))
    trained = run(
        tmp_path / "train.jsonl",
        tmp_path / "model",
        *PACKED,
        "training.evaluations=1",
        "training.epochs=0.3",
        validation=[tmp_path / "held.jsonl"],
    )
    assert trained.conversations == 30 and len(trained.evaluations) == 1
    record = json.loads((trained.out / "run.json").read_text())
    assert len(record["data"]) == len(record["validation"]) == 1


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("training.best_by=loss", "best_by=loss needs something held out"),
        ("training.best_by=pass^1", r"best_by=pass\^1 needs tasks to play"),
        ("training.report_to=[nothing-of-this-name]", "report_to.*nothing-of-this-name"),
    ],
)
def test_a_recipe_that_asks_for_what_is_not_given_is_refused(
    conversations: Path, tmp_path: Path, override: str, message: str
) -> None:
    with pytest.raises((UsageError, MissingExtraError), match=message):
        run(conversations, tmp_path / "model", *PACKED, override)


def test_holding_out_nearly_nothing_is_an_error_and_not_an_empty_validation(
    conversations: Path, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=r"nothing is held out by training\.validation_share=1e-09"):
        run(conversations, tmp_path / "model", *PACKED, "training.validation_share=1e-9")


def test_what_is_held_out_of_phases_with_data_of_their_own_is_evaluated(
    conversations: Path, held: Trained, tmp_path: Path
) -> None:
    recipe = load_recipe(str(SMALL), [*HELD, f"phases=[{{data: [{conversations}], epochs: 0.2}}]"])
    trained = train("sft", recipe, [], tmp_path / "model")
    assert trained.evaluations and trained.conversations == held.conversations


def test_losses_go_to_tensorboard(conversations: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("tensorboardX")
    monkeypatch.delenv("TENSORBOARD_LOGGING_DIR", raising=False)
    trained = run(conversations, tmp_path / "model", *PACKED, "training.epochs=0.2", "training.report_to=[tensorboard]")
    (events,) = (trained.out / "logs").rglob("events.*")
    assert b"train/loss" in events.read_bytes()


def test_texts_are_read_on_with_a_loss_on_every_token(small_model: Path, tmp_path: Path) -> None:
    (tmp_path / "texts.jsonl").write_text('{"text": "one two three"}\n\n{"text": "%s"}\n' % ("four " * 200))
    recipe = load_recipe(str(SMALL), [f"model={{base: {small_model}, context_length: 128}}", *PACKED])
    trained = train("pretrain", recipe, [tmp_path / "texts.jsonl"], tmp_path / "model")
    tokenizer = transformers.AutoTokenizer.from_pretrained(small_model)
    lengths = [len(tokenizer(text)["input_ids"]) + 1 for text in ("one two three", "four " * 200)]
    assert trained.tokens == sum(lengths) and trained.split == 1
    assert trained.conversations == 1 + -(-lengths[1] // 128)


@pytest.mark.parametrize("line", ["{", "[]", '{"text": 1}', "{}"])
def test_a_wrong_line_among_texts_is_named(small_model: Path, tmp_path: Path, line: str) -> None:
    (tmp_path / "texts.jsonl").write_text('{"text": "one"}\n' + line + "\n")
    recipe = load_recipe(str(SMALL), [f"model={small_model}", *PACKED])
    with pytest.raises(DataError, match=r"texts\.jsonl:2: "):
        train("pretrain", recipe, [tmp_path / "texts.jsonl"], tmp_path / "model")
