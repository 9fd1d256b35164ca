"""Learning from pairs: which pairs there are, what the loss is, and that the preferred becomes likelier."""

# ruff: noqa: E402 - what is imported below needs torch
from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from tests.conftest import SMALL

from lamforge.data import read_trajectories, write_trajectories
from lamforge.data.pairs import make_pairs
from lamforge.errors import DataError
from lamforge.formats import get_format
from lamforge.messages import Trajectory
from lamforge.train import load_recipe, train
from lamforge.train.attention import attention_of
from lamforge.train.preference import Preference

FORMAT = get_format("xlam-qwen/always")


def spoilt(trajectory: Trajectory, attempt: int, **changes: Any) -> Trajectory:
    """The same conversation with another end: the last thing that the assistant says is wrong."""
    messages = [message.model_copy() for message in trajectory.messages]
    last = max(index for index, message in enumerate(messages) if message.role == "assistant")
    messages[last] = messages[last].model_copy(update={"content": "No idea " * (attempt + 1), "tool_calls": None})
    named = {"trajectory_id": f"{trajectory.trajectory_id}-{attempt}", "reward": 0, "messages": messages}
    return trajectory.model_copy(update={**named, **changes})


@pytest.fixture(scope="module")
def attempts(conversations: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve tasks with an accepted and two rejected conversations; one more of an engine's failure; one unpaired."""
    out = tmp_path_factory.mktemp("attempts") / "all.jsonl"
    accepted = list(read_trajectories(conversations))[:13]
    made = [*accepted, *(spoilt(each, n) for each in accepted[:12] for n in range(2))]
    made.append(spoilt(accepted[12], 0, ended="engine_error"))
    out.write_text("".join(json.dumps(each.as_dict()) + "\n" for each in made), encoding="utf-8")
    return out


def test_pairs_are_of_one_task_and_what_an_engine_ended_is_in_none(attempts: Path, tokenizer: Any) -> None:
    made = make_pairs([attempts], FORMAT, tokenizer, 4096, per_task=4, seed=0)
    assert (made.tasks, len(made.pairs)) == (12, 24)
    for accepted, rejected in made.pairs:
        texts = [tokenizer.decode(list(made.rows.rows[row].tokens)) for row in (accepted, rejected)]
        assert "No idea" in texts[1] and "No idea" not in texts[0]
        assert texts[0].split("No idea")[0][:100] == texts[1][:100]


@pytest.mark.parametrize(
    "changes",
    [
        {"domain": "elsewhere"},
        {"tools": []},
        {"provenance": {"augmented": {"by": ["ask", "order"]}}},
    ],
)
def test_what_was_not_asked_the_same_is_no_pair(
    conversations: Path, tokenizer: Any, tmp_path: Path, changes: dict[str, Any]
) -> None:
    one = next(iter(read_trajectories(conversations)))
    one = one.model_copy(update={"messages": [each for each in one.messages if each.role != "system"]})
    files = [tmp_path / "same.jsonl", tmp_path / "other.jsonl"]
    for file, accepted in zip(files, (one, one.model_copy(update=changes)), strict=True):
        write_trajectories(file, [accepted, spoilt(one, 0)])
    assert len(make_pairs([files[0]], FORMAT, tokenizer, 4096, per_task=4, seed=0).pairs) == 1
    with pytest.raises(DataError, match="no task has an accepted and a rejected conversation"):
        make_pairs([files[1]], FORMAT, tokenizer, 4096, per_task=4, seed=0)


def test_an_item_of_a_benchmark_is_in_no_pair(attempts: Path, tokenizer: Any, tmp_path: Path) -> None:
    path = tmp_path / "tau.jsonl"
    write_trajectories(path, [_marked(each) for each in read_trajectories(attempts)])
    with pytest.raises(DataError, match=r"tau\.jsonl:1: is an item of a benchmark \('tau-bench'\)"):
        make_pairs([path], FORMAT, tokenizer, 4096, per_task=4, seed=0)


def _marked(trajectory: Trajectory) -> Trajectory:
    return trajectory.model_copy(update={"provenance": {"benchmark": "tau-bench"}})


def test_a_task_has_no_more_pairs_than_it_may(attempts: Path, tokenizer: Any) -> None:
    one = make_pairs([attempts], FORMAT, tokenizer, 4096, per_task=1, seed=0)
    assert (one.tasks, len(one.pairs)) == (12, 12)
    assert one.pairs == make_pairs([attempts], FORMAT, tokenizer, 4096, per_task=1, seed=0).pairs


def test_without_a_rejected_conversation_there_is_nothing_to_prefer(conversations: Path, tokenizer: Any) -> None:
    with pytest.raises(DataError, match="no task has an accepted and a rejected conversation"):
        make_pairs([conversations], FORMAT, tokenizer, 4096, per_task=1, seed=0)


def objective(attempts: Path, tokenizer: Any, *overrides: str) -> Preference:
    recipe = load_recipe(str(SMALL), ["training.batching=packed", *overrides])
    pairs = make_pairs([attempts], FORMAT, tokenizer, 4096, per_task=1, seed=0)
    return Preference(pairs, recipe.preference, recipe.training)


@pytest.fixture(scope="module")
def model(small_model: Path) -> Any:
    recipe = load_recipe(str(SMALL), ["training.batching=packed"])
    made = transformers.AutoModelForCausalLM.from_pretrained(
        small_model, dtype=torch.float32, attn_implementation=attention_of(recipe.training)
    )
    return made.eval()


def test_the_log_probabilities_are_those_of_the_assistants_words_alone(
    model: Any, attempts: Path, tokenizer: Any
) -> None:
    made = objective(attempts, tokenizer)
    batch = made.collate([0, 1], 1.0)
    found = made.log_probabilities(model, batch).tolist()
    for row, value in zip(batch["rows"], found, strict=True):
        data = made._data.rows
        tokens = torch.tensor([list(data.prefixes[data.rows[row].prefix] + data.rows[row].tokens)])
        mask = [0] * len(data.prefixes[data.rows[row].prefix]) + list(data.rows[row].trained)
        logs = model(input_ids=tokens).logits[0, :-1].log_softmax(-1)
        each = logs[torch.arange(len(logs)), tokens[0, 1:]]
        assert value == pytest.approx(float(each[torch.tensor(mask[1:]) > 0].sum()), rel=1e-4)


def test_the_loss_is_the_papers(model: Any, attempts: Path, tokenizer: Any) -> None:
    made = objective(attempts, tokenizer, "preference.beta=0.5")
    reference = [0.25 * row for row in range(made.rows)]
    made.reference = reference
    batch = made.collate([0, 1], 1.0)
    said = dict(zip(batch["rows"], made.log_probabilities(model, batch).tolist(), strict=True))
    total, sums = made.loss(model, batch)
    wanted = positive = 0.0
    for accepted, rejected in (made._data.pairs[0], made._data.pairs[1]):
        margin = 0.5 * ((said[accepted] - reference[accepted]) - (said[rejected] - reference[rejected]))
        wanted += math.log1p(math.exp(-margin)) if margin > -30 else -margin
        positive += margin > 0
    assert total.item() == pytest.approx(wanted, rel=1e-4)
    assert sums["accuracy"] == positive and sums["count"] == 2


def test_the_same_loss_as_trl(model: Any, attempts: Path, tokenizer: Any, tmp_path: Path) -> None:
    trl = pytest.importorskip("trl")
    datasets = pytest.importorskip("datasets")
    made = objective(attempts, tokenizer)
    data = made._data
    rows = []
    for accepted, rejected in data.pairs[:3]:
        # TRL trains on all that follows the prompt: the same only where that is what the assistant wrote last.
        sides = []
        for row in (accepted, rejected):
            item = data.rows.rows[row]
            cut = max(i for i in range(1, len(item.trained)) if item.trained[i] and not item.trained[i - 1])
            item.trained = bytes(cut) + b"\1" * (len(item.trained) - cut)
            sides.append((list(data.rows.prefixes[item.prefix] + item.tokens[:cut]), list(item.tokens[cut:])))
        rows.append({"prompt_ids": sides[0][0], "chosen_ids": sides[0][1], "rejected_ids": sides[1][1]})
        assert sides[0][0] == sides[1][0]
    reference = transformers.AutoModelForCausalLM.from_pretrained(model.config._name_or_path, dtype=torch.float32)
    with torch.no_grad():
        for weight in reference.parameters():
            weight.mul_(1.02)  # somewhere else than the model
    trainer = trl.DPOTrainer(
        model=transformers.AutoModelForCausalLM.from_pretrained(model.config._name_or_path, dtype=torch.float32),
        ref_model=reference,
        args=trl.DPOConfig(  # by default it cuts at 1,024 tokens
            output_dir=str(tmp_path), report_to="none", beta=0.1, bf16=False, use_cpu=True, max_length=None
        ),
        train_dataset=datasets.Dataset.from_list(
            [{"prompt": "a", "chosen": " b", "rejected": " c"}]  # it insists on texts; the batch below is ours
        ),
        processing_class=tokenizer,
    )
    theirs = trainer.compute_loss(trainer.model.eval(), trainer.data_collator(rows)).item()
    reference.set_attn_implementation(model.config._attn_implementation)
    batch = made.collate([0, 1, 2], 1.0)
    with torch.no_grad():
        known = made.log_probabilities(reference, batch)
    ours, _ = made.loss(model, batch | {"reference": known})
    assert ours.item() / 3 == pytest.approx(theirs, rel=1e-3)


def test_training_makes_the_accepted_likelier_and_resumes_with_the_same_reference(
    small_model: Path, attempts: Path, tmp_path: Path
) -> None:
    torch.set_num_threads(1)
    overrides = [f"model={small_model}", "training.batching=shared_prefix", "training.learning_rate=2e-4"]
    recipe = load_recipe(str(SMALL), [*overrides, "training.epochs=2", "training.batch_tokens=8192"])
    trained = train("dpo", recipe, [attempts], tmp_path / "model")
    rows = [json.loads(line) for line in (trained.out / "loss.jsonl").read_text().splitlines()]
    assert rows[0]["loss"] == pytest.approx(math.log(2), abs=1e-3)  # it starts where the reference is
    assert rows[-1]["loss"] < 0.9 * math.log(2)
    assert rows[-1]["accuracy"] == 1.0 and rows[-1]["margin"] > 0.1
    assert (trained.kind, trained.conversations, trained.unit) == ("dpo", 24, "pair")
