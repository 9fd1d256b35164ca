"""The presets of the five sizes: the published facts, and models of their kind at a reduced width."""

# ruff: noqa: E402 - what is imported below needs torch
from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from tests.conftest import SMALL

from lamforge.data import copied_words, read_trajectories, rendered_texts
from lamforge.data.files import write_trajectories
from lamforge.errors import DataError, UsageError
from lamforge.formats import get_format
from lamforge.train import Recipe, load_recipe, train
from lamforge.train.estimate import estimate
from lamforge.train.shape import shape_of
from lamforge.train.tokenizer import train_tokenizer

PUBLISHED = {  # weights that the bases' cards name, in billions, the embeddings included
    "xlam-2-1b": ("Qwen/Qwen2.5-1.5B-Instruct", 1.54),
    "xlam-2-3b": ("Qwen/Qwen2.5-3B-Instruct", 3.09),
    "xlam-2-8b": ("meta-llama/Llama-3.1-8B-Instruct", 8.03),
    "xlam-2-32b": ("Qwen/Qwen2.5-32B-Instruct", 32.8),
    "xlam-2-70b": ("meta-llama/Llama-3.1-70B-Instruct", 70.6),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_preset_says_its_base_and_a_shape_of_as_many_weights(name: str) -> None:
    recipe = load_recipe(name)
    base, billions = PUBLISHED[name]
    assert recipe.model.base == f"hf:{base}"
    assert shape_of(recipe).parameters / 1e9 == pytest.approx(billions, rel=0.005)
    assert get_format(recipe.format).id.startswith("xlam-llama" if "Llama" in base else "xlam-qwen")
    assert recipe.model.context_length == 32_768


@pytest.mark.parametrize("name", PUBLISHED)
def test_another_model_is_one_line(name: str) -> None:
    recipe = load_recipe(name, ["model=hf:Salesforce/xLAM-2-1b-fc-r"])
    assert recipe.model.base == "hf:Salesforce/xLAM-2-1b-fc-r"
    assert recipe.model.stated_shape == {} and not recipe.model.replace_template
    assert load_recipe(name).training == recipe.training


def reduced(recipe: Recipe, conversations: Path, out: Path) -> Path:
    """A base of the preset's kind with random weights: its heads' proportions, its positions, its tokens' rules."""
    fmt, shape = get_format(recipe.format), recipe.model
    made = train_tokenizer(rendered_texts([conversations], fmt), fmt, 600, 4096, copied_words([conversations]))
    made.chat_template = None  # of another family, as far as the test goes: the preset replaces it
    heads = 4
    options: dict[str, Any] = {
        "vocab_size": len(made),
        "hidden_size": 64,
        "intermediate_size": 64 * shape.intermediate_size // shape.hidden_size,
        "num_hidden_layers": 2,
        "num_attention_heads": heads,
        "num_key_value_heads": max(1, heads * shape.num_key_value_heads // shape.num_attention_heads),
        "tie_word_embeddings": shape.tie_word_embeddings,
        "bos_token_id": made.bos_token_id,
        "eos_token_id": made.eos_token_id,
    }
    torch.manual_seed(0)
    if shape.architecture == "qwen2":
        options |= {"max_position_embeddings": 32_768, "rope_parameters": {"rope_type": "default", "rope_theta": 1e6}}
        config: Any = transformers.Qwen2Config(**options)
    else:
        rope = {"rope_type": "llama3", "rope_theta": 5e5, "factor": 8.0, "low_freq_factor": 1.0}
        rope |= {"high_freq_factor": 4.0, "original_max_position_embeddings": 8192}
        config = transformers.LlamaConfig(**options, max_position_embeddings=131_072, rope_parameters=rope)
    transformers.AutoModelForCausalLM.from_config(config).save_pretrained(out)
    made.save_pretrained(out)
    return out


@pytest.mark.parametrize("name", ["xlam-2-1b", "xlam-2-32b", "xlam-2-8b"])
def test_a_preset_trains_a_model_of_its_kind(name: str, conversations: Path, tmp_path: Path) -> None:
    torch.set_num_threads(1)
    base = reduced(load_recipe(name), conversations, tmp_path / "base")
    overrides = [f"model={base}", "training.epochs=0.2", "training.batch_tokens=4096", "training.learning_rate=1e-3"]
    recipe = load_recipe(name, [*overrides, "training.precision=fp32", "training.evaluations=1"])
    trained = train("sft", recipe, [conversations], tmp_path / "model")
    config = transformers.AutoConfig.from_pretrained(trained.out)
    before = transformers.AutoConfig.from_pretrained(base)
    assert config.rope_parameters == before.rope_parameters
    assert config.max_position_embeddings == before.max_position_embeddings
    generation = transformers.GenerationConfig.from_pretrained(trained.out)
    tokenizer = transformers.AutoTokenizer.from_pretrained(trained.out)
    fmt = get_format(recipe.format)
    assert generation.eos_token_id == tokenizer.convert_tokens_to_ids(list(fmt.stop_tokens))
    assert tokenizer.chat_template == fmt.chat_template
    assert trained.best is not None and trained.computed_per_token == 1.0
    assert estimate("sft", recipe, [conversations], gpu="h100").parameters == trained.parameters


def test_positions_are_stretched_by_yarn_and_the_model_says_so(conversations: Path, tmp_path: Path) -> None:
    base = reduced(load_recipe("xlam-2-1b"), conversations, tmp_path / "base")
    overrides = [f"model={{base: {base}, yarn_factor: 4}}", "training.batching=packed", "training.epochs=0.1"]
    trained = train("sft", load_recipe(str(SMALL), overrides), [conversations], tmp_path / "model")
    config = transformers.AutoConfig.from_pretrained(trained.out)
    assert config.max_position_embeddings == 131_072
    assert config.rope_parameters["rope_type"] == "yarn" and config.rope_parameters["factor"] == 4.0
    assert config.rope_parameters["original_max_position_embeddings"] == 32_768


def test_an_estimate_refuses_what_training_would(conversations: Path, tmp_path: Path) -> None:
    one = next(read_trajectories(conversations)).model_copy(update={"provenance": {"benchmark": "tau-bench"}})
    write_trajectories(tmp_path / "tau.jsonl", [one])
    with pytest.raises(DataError, match=r"tau\.jsonl:1: is an item of a benchmark"):
        estimate("sft", load_recipe(str(SMALL)), [tmp_path / "tau.jsonl"], gpu="h100")


def test_an_estimate_counts_tokens_where_the_tokenizer_is_at_hand(small_model: Path, conversations: Path) -> None:
    recipe = load_recipe(str(SMALL), [f"model={small_model}", "training.batching=packed", "training.epochs=2"])
    found = estimate("sft", recipe, [conversations], gpu="h100", processes=2)
    fmt = get_format(recipe.format)
    tokenizer = transformers.AutoTokenizer.from_pretrained(small_model)
    tokens = sum(len(tokenizer(text)["input_ids"]) for text in rendered_texts([conversations], fmt))
    assert (found.counted, found.conversations, found.tokens) == (True, 40, tokens)
    assert found.steps == -(-tokens // recipe.training.batch_tokens)  # two epochs, two processes
    assert found.fits is True


def test_an_estimate_needs_less_for_adapters_and_for_more_devices(conversations: Path) -> None:
    full = estimate("sft", load_recipe("xlam-2-32b"), [conversations], gpu="h100", processes=8)
    more = estimate("sft", load_recipe("xlam-2-32b"), [conversations], gpu="h100", processes=32)
    lora = estimate("sft", load_recipe("xlam-2-32b", ["lora.rank=16"]), [conversations], gpu="h100", processes=8)
    quantized = ["lora.rank=16", "lora.quantize=nf4"]
    four = estimate("sft", load_recipe("xlam-2-32b", quantized), [conversations], gpu="h100", processes=1)
    assert (full.fits, more.fits, lora.fits, four.fits) == (False, True, True, True)
    assert more.memory < full.memory and lora.memory < full.memory
    assert not full.counted and full.tokens > 0


def test_a_gpu_that_is_not_known_is_answered_with_those_that_are(conversations: Path) -> None:
    with pytest.raises(UsageError, match=r"unknown GPU 'h1000'\n.*h100"):
        estimate("sft", load_recipe("xlam-2-1b"), [conversations], gpu="h1000")
