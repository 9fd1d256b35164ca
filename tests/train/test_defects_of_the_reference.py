"""The defects that ActionStudio, the field's reference, has: a test for each, which would fail with it.

Numbers are those of the list in which they were found by reading and running its code.
"""

# ruff: noqa: E402 - what is imported below needs torch
from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_args

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from tests.data.talks import cancelling
from tests.export.family import write_model

from lamforge.data import Criteria, RowMaker, filter_files, make_rows, read_trajectories, write_trajectories
from lamforge.data.pairs import make_pairs
from lamforge.data.rows import conversation
from lamforge.formats import get_format
from lamforge.messages import Rating, Trajectory
from lamforge.train import load_recipe
from lamforge.train.attention import attention_of
from lamforge.train.masking import mask_of
from lamforge.train.material import make_material
from lamforge.train.model_recipe import LoraRecipe
from lamforge.train.preference import Preference
from lamforge.train.recipe import TrainingRecipe
from lamforge.train.schedule import rate

ROOT = Path(__file__).parents[2]
FORMAT = get_format("xlam-qwen/always")


@pytest.fixture(scope="module")
def some(conversations: Path) -> list[Trajectory]:
    return list(read_trajectories(conversations))


def test_1_what_verifies_a_sample_runs_and_shows_what_is_trained(small_model: Path, some: list[Trajectory]) -> None:
    pieces, _ = mask_of(some[0], small_model, None)
    assert "".join(piece.text for piece in pieces) == FORMAT.render(*conversation(some[0], FORMAT))
    trained = "".join(piece.text for piece in pieces if piece.trained)
    said = [each for each in some[0].messages if each.role == "assistant"]
    assert trained.count(FORMAT.stop_tokens[0]) == len(said)


def test_2_a_call_has_the_same_bytes_as_history_and_as_target(small_model: Path, some: list[Trajectory]) -> None:
    messages, tools = conversation(some[0], FORMAT)
    text = FORMAT.render(messages, tools)
    for span in FORMAT.spans(messages, tools):
        asked = FORMAT.render(messages[: span.message_index], tools, add_generation_prompt=True)
        target = FORMAT.render(messages[: span.message_index + 1], tools)[len(asked) :]
        assert text.startswith(asked) and text[len(asked) :].startswith(target)
        calls = messages[span.message_index].tool_calls or []
        read = FORMAT.parse(text[span.start : span.end].removesuffix(FORMAT.stop_tokens[0]), tools).tool_calls or []
        assert [each.function for each in read] == [each.function for each in calls]
    own = transformers.AutoTokenizer.from_pretrained(small_model)  # one template: that which was trained
    dumped = [message.model_dump(exclude_none=True) for message in messages]
    assert own.apply_chat_template(dumped, tools=tools, tokenize=False) == text


def test_3_a_thought_beside_a_call_is_trained_or_said_not_to_be(tokenizer: Any, some: list[Trajectory]) -> None:
    messages = [message.model_copy() for message in some[0].messages]
    place = next(index for index, message in enumerate(messages) if message.tool_calls)
    messages[place] = messages[place].model_copy(update={"content": "First I look."})
    thinking = some[0].model_copy(update={"messages": messages})
    hermes = get_format("hermes/qwen")
    text = hermes.render(*conversation(thinking, hermes))
    assert any("First I look." in text[span.start : span.end] for span in hermes.spans(*conversation(thinking, hermes)))
    maker = RowMaker(FORMAT, tokenizer, 10_000)
    maker.add([("here", thinking)])
    assert maker.data.unrendered == 1  # of a format that does not write it: counted


def test_4_a_text_begins_once_and_its_beginning_has_no_loss(some: list[Trajectory], tmp_path: Path) -> None:
    folder = write_model("xlam-2-8b", tmp_path / "llama")
    llama, fmt = transformers.AutoTokenizer.from_pretrained(folder), get_format("xlam-llama/hf")
    assert llama("x")["input_ids"][0] == llama.bos_token_id  # by its post-processor, whatever flag is set
    maker = RowMaker(fmt, llama, 100_000)
    ((row,),) = maker.add([("here", some[0])])
    tokens = maker.data.prefixes[row.prefix] + row.tokens
    assert (tokens.count(llama.bos_token_id), tokens[0]) == (1, llama.bos_token_id)
    assert not any(on and token == llama.bos_token_id for token, on in zip(row.tokens, row.trained, strict=True))


def test_5_what_validates_is_not_what_is_trained(conversations: Path, tokenizer: Any, tmp_path: Path) -> None:
    recipe = load_recipe("scratch", ["training.validation_share=0.3", "training.prefix_growth=0"])
    model = SimpleNamespace(config=SimpleNamespace(max_position_embeddings=4096))
    made = make_material("sft", recipe, FORMAT, tokenizer, model, [conversations], [], tmp_path)
    assert made.validation is not None

    def seen(objective: Any) -> set[tuple[int, ...]]:
        return {tuple(objective.collate([index], 1.0)["targets"].tolist()) for b in objective.batches(0) for index in b}

    trained, held = seen(made.stages[0].objective), seen(made.validation)
    assert trained and held and not trained & held


@pytest.mark.parametrize("schedule", get_args(TrainingRecipe.model_fields["schedule"].annotation))
def test_6_every_schedule_has_a_rate(schedule: str) -> None:
    training = TrainingRecipe.model_validate({"schedule": schedule})
    assert all(0 < rate(training, step / 10, 10) <= 1 for step in range(10))


def test_7_every_option_that_the_docs_name_is_an_option_and_no_data_set_has_a_name_built_in(
    some: list[Trajectory], tokenizer: Any, tmp_path: Path
) -> None:
    import typer

    from lamforge.cli.train import app

    group: Any = typer.main.get_command(app)
    known = {name for verb in group.commands.values() for option in verb.params for name in option.opts}
    commands = re.findall(r"^lamforge train .*$", (ROOT / "docs" / "training.md").read_text(), re.MULTILINE)
    named = {word for command in commands for word in re.findall(r"(?<=\s)--[a-z-]+", command)}
    assert named and named <= known
    write_trajectories(tmp_path / "a name of my own.jsonl", some[:2])
    assert len(make_rows([tmp_path / "a name of my own.jsonl"], FORMAT, tokenizer, 10_000).rows) == 2


def test_8_a_setting_means_what_it_says() -> None:
    for word, meant in (("False", False), ("false", False), ("True", True)):
        assert (
            load_recipe("xlam-2-1b", [f"training.gradient_checkpointing={word}"]).training.gradient_checkpointing
            is meant
        )
    pytest.importorskip("peft")
    from lamforge.train.adapters import quantization

    assert quantization(LoraRecipe.model_validate({"quantize": None})) is None
    assert load_recipe("xlam-2-32b", ["lora.quantize=nf4"]).lora.quantize == "nf4"  # type: ignore[union-attr]


def test_9_a_score_stays_with_its_conversation_and_is_consumed(tmp_path: Path) -> None:
    scored = [cancelling(f"W{n}", trajectory_id=f"t{n}", rating=Rating(score=n)) for n in range(6)]
    unrated = cancelling("W9", trajectory_id="t9", rating=None)
    write_trajectories(tmp_path / "rated.jsonl", [unrated, *scored])
    filter_files([tmp_path / "rated.jsonl"], tmp_path / "good.jsonl", Criteria(min_score=4))
    assert [each.trajectory_id for each in read_trajectories(tmp_path / "good.jsonl")] == ["t4", "t5"]


def test_10_accepted_and_rejected_conversations_have_a_loss_that_teaches(
    small_model: Path, some: list[Trajectory], tokenizer: Any, tmp_path: Path
) -> None:
    worse = [message.model_copy() for message in some[0].messages]
    last = max(index for index, message in enumerate(worse) if message.role == "assistant")
    worse[last] = worse[last].model_copy(update={"content": "No idea.", "tool_calls": None})
    rejected = some[0].model_copy(update={"trajectory_id": "worse", "reward": 0, "messages": worse})
    write_trajectories(tmp_path / "pair.jsonl", [some[0], rejected])
    recipe = load_recipe("scratch", ["training.prefix_growth=0", "training.batching=packed"])
    objective = Preference(
        make_pairs([tmp_path / "pair.jsonl"], FORMAT, tokenizer, 10_000, per_task=1, seed=0),
        recipe.preference,
        recipe.training,
    )
    attention = attention_of(recipe.training)
    model = transformers.AutoModelForCausalLM.from_pretrained(small_model, attn_implementation=attention)
    ((pair,),) = objective.batches(0)
    total, _ = objective.loss(model.float(), objective.collate([pair], 1.0))
    total.backward()
    assert total.item() > 0 and any(weight.grad.abs().sum() > 0 for weight in model.parameters())


def test_11_texts_and_schemas_come_back_as_they_were_and_nothing_in_them_is_executed(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    hostile = "__import__('os').mkdir('made') or None, True, {'a': nan}, \\x00 '\"'"
    one = cancelling("W1")
    one.messages[1].content = hostile
    one.tools[0]["function"]["description"] = hostile
    for name in ("t.jsonl", "t.jsonl.gz", "t.parquet"):
        write_trajectories(tmp_path / name, [one])
        assert list(read_trajectories(tmp_path / name)) == [one]
    assert not Path("made").exists()


def test_12_no_account_and_no_address_is_needed(small_model: Path) -> None:
    assert load_recipe(str(small_model / "recipe.yaml")).training.report_to == []  # and it was trained
    shipped = [path.read_text() for path in (ROOT / "recipes").rglob("*") if path.suffix in (".yaml", ".sbatch")]
    assert shipped and not any(re.search(r"\b\d{1,3}(\.\d{1,3}){3}\b|YOUR_|token:", text) for text in shipped)
