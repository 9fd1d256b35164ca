"""Training itself, in this process: a small model on the library's conversations."""

# ruff: noqa: E402 - what is imported below needs torch
from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from tests.conftest import SMALL

from lamforge.data import make_batches, make_rows, read_trajectories
from lamforge.data.files import write_trajectories
from lamforge.data.rows import conversation
from lamforge.errors import DataError, ModelError, OutputError, TrainingError, UsageError
from lamforge.export import export_gguf
from lamforge.formats import get_format
from lamforge.train import load_recipe, train_sft

FORMAT = get_format("xlam-qwen/always")
SHORT = ("training.epochs=0.2",)


def log(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "loss.jsonl").read_text().splitlines()]


def snapshot(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {str(path): (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.rglob("*") if path.is_file()}


def test_the_loss_falls_step_by_step_to_what_can_be_learned(small_model: Path) -> None:
    rows = log(small_model)
    losses = [row["loss"] for row in rows]
    assert [row["step"] for row in rows] == list(range(1, len(rows) + 1))
    assert sum(losses[-3:]) < 0.3 * sum(losses[:3])
    result = json.loads((small_model / "result.json").read_text())
    assert (result["steps"], result["conversations"], result["dropped"]) == (len(rows), 40, 0)
    assert 0.1 < result["computed_per_token"] < 1.0  # the shared prefix is not computed for each
    assert result["resumed_from"] == 0


def test_the_folder_of_a_model_holds_what_others_load(small_model: Path) -> None:
    model = transformers.AutoModelForCausalLM.from_pretrained(small_model)
    tokenizer = transformers.AutoTokenizer.from_pretrained(small_model)
    assert len(tokenizer) == model.config.vocab_size
    stops = tokenizer.convert_tokens_to_ids(list(FORMAT.stop_tokens))
    assert model.generation_config.eos_token_id == stops
    assert tokenizer.chat_template == FORMAT.chat_template
    assert json.loads((small_model / "lamforge.json").read_text()) == {"format": FORMAT.id}
    assert load_recipe(str(small_model / "recipe.yaml")) == load_recipe(str(SMALL))
    assert not list(small_model.glob("checkpoints*")) and not list(small_model.glob(".*"))


def test_a_finished_run_is_not_repeated(small_model: Path, conversations: Path) -> None:
    before = snapshot(small_model)
    trained = train_sft(load_recipe(str(SMALL)), [conversations], small_model, progress=lambda *_: pytest.fail("ran"))
    assert trained.steps == len(log(small_model))
    assert snapshot(small_model) == before


def test_another_recipe_or_other_data_is_refused(small_model: Path, conversations: Path, tmp_path: Path) -> None:
    before = snapshot(small_model)
    changed = tmp_path / "changed.jsonl"
    changed.write_text("".join(conversations.open().readlines()[1:]))
    for overrides, data in ((["training.seed=1"], conversations), ([], changed)):
        with pytest.raises(UsageError, match="another recipe or other data"):
            train_sft(load_recipe(str(SMALL), overrides), [data], small_model)
    assert snapshot(small_model) == before


def test_a_step_is_the_mean_over_all_its_trained_tokens(conversations: Path, tmp_path: Path) -> None:
    out = tmp_path / "model"  # one step over everything, too small to change a weight
    overrides = ["training.accumulation=1000", "training.epochs=1", "training.learning_rate=1e-12"]
    assert train_sft(load_recipe(str(SMALL), overrides), [conversations], out).steps == 1
    model = transformers.AutoModelForCausalLM.from_pretrained(out, dtype=torch.float32)
    tokenizer = transformers.AutoTokenizer.from_pretrained(out)
    total, count = 0.0, 0
    data = make_rows([conversations], FORMAT, tokenizer, 2048)
    for row in data.rows:
        prefix = data.prefixes[row.prefix]
        labels = [t if on else -100 for t, on in zip(row.tokens, row.trained, strict=True)]
        ids = torch.tensor([list(prefix + row.tokens)])
        with torch.inference_mode():
            loss = model(input_ids=ids, labels=torch.tensor([[-100] * len(prefix) + labels])).loss
        total, count = total + loss.item() * sum(row.trained), count + sum(row.trained)
    assert log(out)[0]["loss"] == pytest.approx(total / count, abs=2e-5)  # the log has five decimals


def test_a_run_has_as_many_steps_as_its_epochs_and_accumulation_say(conversations: Path, tmp_path: Path) -> None:
    overrides = ["training.epochs=0.5", "training.accumulation=2"]
    trained = train_sft(load_recipe(str(SMALL), overrides), [conversations], tmp_path / "model")
    tokenizer = transformers.AutoTokenizer.from_pretrained(tmp_path / "model")
    batches = len(make_batches(make_rows([conversations], FORMAT, tokenizer, 2048), 2048, 0, "shared_prefix"))
    micro = -(-batches // 2)
    assert trained.steps == -(-micro // 2)
    assert trained.tokens == make_rows([conversations], FORMAT, tokenizer, 2048).trained_tokens


def test_a_run_whose_time_is_over_ends_with_a_model(conversations: Path, tmp_path: Path) -> None:
    overrides = ["training.max_minutes=1e-9", "training.epochs=50"]
    assert train_sft(load_recipe(str(SMALL), overrides), [conversations], tmp_path / "model").steps == 1
    assert export_gguf(tmp_path / "model", tmp_path / "gguf", ("f16",))


def test_training_can_start_from_a_model(small_model: Path, conversations: Path, tmp_path: Path) -> None:
    recipe = load_recipe(str(SMALL), [f"model.base={small_model}", "training.learning_rate=1e-5", *SHORT])
    train_sft(recipe, [conversations], tmp_path / "model")
    assert log(tmp_path / "model")[0]["loss"] < 0.4 * log(small_model)[0]["loss"]


def test_a_base_that_is_no_model_of_the_family_is_refused(
    small_model: Path, conversations: Path, tmp_path: Path
) -> None:
    with pytest.raises(TrainingError, match="empty: cannot be loaded"):
        recipe = load_recipe(str(SMALL), [f"model.base={tmp_path / 'empty'}"])
        train_sft(recipe, [conversations], tmp_path / "first")
    base = tmp_path / "foreign"
    transformers.AutoModelForCausalLM.from_pretrained(small_model).save_pretrained(base)
    tokenizer = json.loads((small_model / "tokenizer.json").read_text())
    tokenizer["added_tokens"] = [token for token in tokenizer["added_tokens"] if token["content"] != "<|im_start|>"]
    (base / "tokenizer.json").write_text(json.dumps(tokenizer))
    (base / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "PreTrainedTokenizerFast"}))
    with pytest.raises(TrainingError, match=r"does not know <\|im_start\|> as single tokens"):
        train_sft(load_recipe(str(SMALL), [f"model.base={base}"]), [conversations], tmp_path / "second")


def test_a_base_of_pickles_or_of_code_is_refused_and_nothing_of_it_is_run(
    small_model: Path, conversations: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    base, ran = tmp_path / "base", tmp_path / "ran"
    shutil.copytree(small_model, base, ignore=shutil.ignore_patterns("*.safetensors"))
    torch.save({}, base / "pytorch_model.bin")
    recipe = load_recipe(str(SMALL), [f"model={base}", *SHORT])
    with pytest.raises(TrainingError, match=r"weights as a pickle \('pytorch_model.bin'\)") as caught:
        train_sft(recipe, [conversations], tmp_path / "first")
    assert "safetensors" in str(caught.value.remedy)
    config = json.loads((base / "config.json").read_text())
    own = {"model_type": "unheard-of", "auto_map": {"AutoConfig": "own.Own", "AutoModelForCausalLM": "own.Own"}}
    (base / "config.json").write_text(json.dumps({**config, **own}))
    (base / "own.py").write_text(f"open({str(ran)!r}, 'w')\n")
    shutil.copy(small_model / "model.safetensors", base)
    with pytest.raises(TrainingError, match="cannot be loaded") as caught:
        train_sft(recipe, [conversations], tmp_path / "second")
    assert "never run" in str(caught.value.remedy)
    assert not ran.exists() and "[y/N]" not in capfd.readouterr().out


def test_a_run_that_failed_before_its_first_checkpoint_leaves_the_folder_to_another(
    small_model: Path, conversations: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    one = next(read_trajectories(conversations))
    marked = one.model_copy(update={"provenance": {"benchmark": "tau-bench"}})
    data, out = tmp_path / "data.jsonl", tmp_path / "model"
    write_trajectories(data, [marked])
    recipe = load_recipe(str(SMALL), [f"model={small_model}", *SHORT])
    with pytest.raises(DataError, match="is an item of a benchmark"):
        train_sft(recipe, [data], out)
    write_trajectories(data, [one, one.model_copy(update={"trajectory_id": "other"})])
    train_sft(recipe, [data], out)
    assert "came to no checkpoint" in caplog.text
    write_trajectories(data, [one])
    with pytest.raises(UsageError, match="another recipe or other data"):  # now there is something to lose
        train_sft(recipe, [data], out)


def test_a_place_that_cannot_be_written_is_named_before_anything_is_computed(
    conversations: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="file/model: cannot be created"):
        train_sft(load_recipe(str(SMALL)), [conversations], tmp_path / "file" / "model")


def test_conversations_longer_than_the_context_are_counted(conversations: Path, tmp_path: Path) -> None:
    lengths = {}
    whole = train_sft(load_recipe(str(SMALL), list(SHORT)), [conversations], tmp_path / "whole")
    tokenizer = transformers.AutoTokenizer.from_pretrained(whole.out)
    for one in read_trajectories(conversations):
        lengths[one.trajectory_id] = len(tokenizer(FORMAT.render(*conversation(one, FORMAT)))["input_ids"])
    limit = sorted(lengths.values())[29]
    recipe = load_recipe(str(SMALL), [f"model.context_length={limit}", *SHORT])
    cut = train_sft(recipe, [conversations], tmp_path / "cut")
    assert cut.dropped == sum(length > limit for length in lengths.values()) > 0
    assert cut.conversations == 40 - cut.dropped
    listed = [json.loads(line) for line in (cut.out / "too_long.jsonl").read_text().splitlines()]
    assert {each["trajectory_id"]: each["tokens"] for each in listed} == {
        name: length for name, length in lengths.items() if length > limit
    }
    assert all(each["where"].startswith(f"{conversations}:") for each in listed)
    assert not (whole.out / "too_long.jsonl").exists()
    with pytest.raises(DataError, match="all 40 conversations are longer than 128 tokens"):
        train_sft(load_recipe(str(SMALL), ["model.context_length=128"]), [conversations], tmp_path / "none")
    with pytest.raises(ModelError, match="is no finished model"):
        export_gguf(tmp_path / "none", tmp_path / "gguf")
