"""LoRA: what is trained, what is written, and that a run goes on as it would have."""

# ruff: noqa: E402 - what is imported below needs torch
from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
peft = pytest.importorskip("peft")

from safetensors.torch import load_file
from tests.conftest import SMALL
from transformers import AutoModelForCausalLM

from lamforge.errors import TrainingError, UsageError
from lamforge.train import Trained, load_recipe, train

PACKED = ("training.batching=packed", "training.batch_tokens=2048", "training.epochs=0.5")


def adapt(base: Path, data: Path, out: Path, *overrides: str, **options: Any) -> Trained:
    given = (f"model={base}", "lora.rank=4", "training.learning_rate=1e-3", *PACKED, *overrides)
    return train("sft", load_recipe(str(SMALL), list(given)), [data], out, **options)


@pytest.fixture(scope="module")
def adapted(small_model: Path, conversations: Path, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    torch.set_num_threads(1)
    return adapt(small_model, conversations, tmp_path_factory.mktemp("lora") / "model")


def test_only_adapters_are_trained_and_written(adapted: Trained, small_model: Path) -> None:
    # 2 layers; rank 4; width 64, inner 128: q, k, v, o take 64 + 64, the three of the MLP 64 + 128.
    assert adapted.trained_parameters == 2 * 4 * (4 * 128 + 3 * 192)
    assert adapted.parameters > adapted.trained_parameters
    assert not (adapted.out / "model.safetensors").exists()
    assert json.loads((adapted.out / "adapter_config.json").read_text())["base_model_name_or_path"] == str(small_model)
    assert {"tokenizer.json", "lamforge.json", "recipe.yaml"} <= {file.name for file in adapted.out.iterdir()}


def test_what_is_written_is_what_others_load_and_says_something_else_than_the_base(
    adapted: Trained, small_model: Path
) -> None:
    tokens = torch.arange(40)[None]
    base = AutoModelForCausalLM.from_pretrained(small_model)
    with torch.inference_mode():
        before = base(input_ids=tokens).logits
        after = peft.PeftModel.from_pretrained(base, str(adapted.out)).eval()(input_ids=tokens).logits
    assert (after - before).abs().max() > 1e-3


def test_a_run_that_is_interrupted_ends_with_the_same_adapters(
    adapted: Trained, small_model: Path, conversations: Path, tmp_path: Path
) -> None:
    def interrupt(done: int, total: int, note: str) -> None:
        if done == 3:
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        adapt(small_model, conversations, tmp_path / "model", progress=interrupt)
    again = adapt(small_model, conversations, tmp_path / "model")
    assert again.resumed_from > 0
    one, two = (load_file(out / "adapter_model.safetensors") for out in (adapted.out, again.out))
    assert one.keys() == two.keys()
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_four_bits_without_a_gpu_are_refused(small_model: Path, conversations: Path, tmp_path: Path) -> None:
    if torch.cuda.is_available():
        pytest.skip("there is a GPU here")
    with pytest.raises(TrainingError, match="quantize=nf4 needs a GPU"):
        adapt(small_model, conversations, tmp_path / "model", "lora.quantize=nf4")


def test_a_target_that_is_no_layer_is_named(small_model: Path, conversations: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"\['w1'\] are no layers of the model"):
        adapt(small_model, conversations, tmp_path / "model", "lora.targets=[w1]")


def test_adapters_need_something_to_adapt() -> None:
    with pytest.raises(UsageError, match=r"small\.yaml: lora adapts a model: name one as model=FOLDER$"):
        load_recipe(str(SMALL), ["lora.rank=4"])


def test_a_model_of_another_shape_than_the_recipe_says_is_refused(
    small_model: Path, conversations: Path, tmp_path: Path
) -> None:
    recipe = load_recipe(str(SMALL), [f"model.base={small_model}", "model.hidden_size=128", *PACKED])
    with pytest.raises(TrainingError, match="hidden_size is 64, the recipe says 128"):
        train("sft", recipe, [conversations], tmp_path / "model")


def test_a_base_with_another_template_is_refused_unless_that_is_meant(
    small_model: Path, conversations: Path, tmp_path: Path
) -> None:
    with pytest.raises(TrainingError, match=r"writes other bytes than hermes/qwen .*\n.*format=xlam-qwen/always"):
        adapt(small_model, conversations, tmp_path / "model", "format=hermes/qwen")
    meant = adapt(
        small_model,
        conversations,
        tmp_path / "other",
        "format=hermes/qwen",
        f"model={{base: {small_model}, replace_template: true}}",
    )
    assert "<tool_call>" in (meant.out / "chat_template.jinja").read_text()
