"""LoRA adapters: merged into their base, or as a file of their own; both say what PEFT says."""

# ruff: noqa: E402 - what is imported below needs torch
from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
peft = pytest.importorskip("peft")
transformers = pytest.importorskip("transformers")

import safetensors.torch
from tests.export.family import write_model

from lamforge.engines import open_model
from lamforge.errors import ModelError, UsageError
from lamforge.export import check_folder, check_parity, export_adapter, export_gguf, export_hf, sample_prompts
from lamforge.formats import get_format


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0}, raising=False)


def write_adapter(base: Path, folder: Path, **options: Any) -> Path:
    model = transformers.AutoModelForCausalLM.from_pretrained(base)
    config = peft.LoraConfig(
        **{"r": 4, "lora_alpha": 8, "target_modules": "all-linear", "task_type": "CAUSAL_LM"} | options
    )
    torch.manual_seed(1)
    adapted = peft.get_peft_model(model, config)
    with torch.no_grad():
        for name, weight in adapted.named_parameters():
            if "lora_B" in name:
                weight.add_(torch.randn_like(weight) * 0.3)
    adapted.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module", params=["xlam-2-1b", "xlam-2-8b"])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Any]:
    """(base, adapter, format) of a Qwen2 and of a Llama."""
    root = tmp_path_factory.mktemp("lora")
    base = write_model(request.param, root / "base")
    fmt = get_format("xlam-llama/hf" if request.param == "xlam-2-8b" else "xlam-qwen/hf")
    return base, write_adapter(base, root / "adapter"), fmt


def test_an_adapter_is_merged_on_the_way_to_a_file(made: tuple[Path, Path, Any], tmp_path: Path) -> None:
    base, adapter, fmt = made
    files = export_gguf(adapter, tmp_path, ("f32",))
    (check,) = check_parity(adapter, files, sample_prompts(fmt, None, 1), fmt, max_tokens=4)
    assert check.divergence < 0.001
    (plain,) = check_parity(base, files, sample_prompts(fmt, None, 1), fmt, max_tokens=4)
    assert plain.divergence > 0.1, "the adapter changes what the model says"


def test_an_adapter_as_a_file_of_its_own_says_the_same_on_its_base(
    made: tuple[Path, Path, Any], tmp_path: Path
) -> None:
    base, adapter, fmt = made
    (under,) = export_gguf(base, tmp_path, ("f32",))
    file = export_adapter(adapter, tmp_path, "f32")
    assert file.name.endswith("-F32-LoRA.gguf") and file.stat().st_size < under.stat().st_size / 4
    (check,) = check_parity(adapter, [file], sample_prompts(fmt, None, 1), fmt, max_tokens=4, under=under)
    assert check.encoding == "F32" and check.divergence < 0.001
    model = open_model(f"{under}#lora={file}")
    assert {"model_sha256", "lora_sha256"} <= model.describe().keys()


def test_a_merged_folder_is_pefts_own_merge(made: tuple[Path, Path, Any], tmp_path: Path) -> None:
    base, adapter, _ = made
    export_hf(adapter, tmp_path / "merged", dtype="f32", shard_bytes=2_000_000)
    assert len(list((tmp_path / "merged").glob("model-*-of-*.safetensors"))) > 1
    merged = transformers.AutoModelForCausalLM.from_pretrained(tmp_path / "merged")
    loaded = transformers.AutoModelForCausalLM.from_pretrained(base, dtype="float32")
    expected = peft.PeftModel.from_pretrained(loaded, adapter).merge_and_unload()
    ids = torch.arange(3, 40)[None]
    with torch.inference_mode():
        assert torch.allclose(merged(ids).logits, expected(ids).logits, atol=1e-4)
    tokenizer = transformers.AutoTokenizer.from_pretrained(tmp_path / "merged")
    assert tokenizer.chat_template == (base / "chat_template.jinja").read_text()


def test_the_scale_of_rs_lora_is_over_the_root_of_the_rank(tmp_path: Path) -> None:
    base = write_model("xlam-2-1b", tmp_path / "base")
    adapter = write_adapter(base, tmp_path / "adapter", use_rslora=True)
    fmt = get_format("xlam-qwen/hf")
    (check,) = check_parity(
        adapter, export_gguf(adapter, tmp_path / "g", ("f32",)), sample_prompts(fmt, None, 1), fmt, max_tokens=2
    )
    assert check.divergence < 0.001


def test_an_adapter_with_weights_that_are_no_numbers_is_not_merged(tmp_path: Path) -> None:
    base = write_model("xlam-2-1b", tmp_path / "base")
    adapter = write_adapter(base, tmp_path / "adapter", target_modules=["q_proj"])
    weights = safetensors.torch.load_file(adapter / "adapter_model.safetensors")
    next(weights[name] for name in weights if "lora_B" in name)[0, 0] = float("nan")
    safetensors.torch.save_file(weights, adapter / "adapter_model.safetensors")
    with pytest.raises(
        ModelError, match=r"adapter_model\.safetensors: tensor .* holds weights that are no finite numbers"
    ):
        export_hf(adapter, tmp_path / "merged", format="xlam-qwen/hf")
    assert not (tmp_path / "merged").exists()


def test_adapters_that_cannot_be_exported_are_refused_with_the_reason(tmp_path: Path) -> None:
    base = write_model("xlam-2-1b", tmp_path / "base")
    adapter = write_adapter(base, tmp_path / "adapter", target_modules=["q_proj"])
    config = json.loads((adapter / "adapter_config.json").read_text())

    def with_config(**values: Any) -> None:
        (adapter / "adapter_config.json").write_text(json.dumps(config | values))

    for values, message in (
        ({"use_dora": True}, "cannot be exported: use_dora"),
        ({"peft_type": "IA3"}, "cannot be exported: 'IA3'"),
        ({"r": None}, "no whole adapter"),
        ({"r": 0}, "no whole adapter: r is 0"),
        ({"lora_alpha": 1e999}, "no whole adapter"),
    ):
        with_config(**values)
        with pytest.raises(ModelError, match=message):
            export_gguf(adapter, tmp_path / "gguf", ("f16",))
    with_config(base_model_name_or_path=str(tmp_path / "gone"))
    with pytest.raises(ModelError, match=r"neither a folder(.|\n)*--base"):
        export_gguf(adapter, tmp_path / "gguf", ("f16",))
    assert export_gguf(adapter, tmp_path / "gguf", ("f16",), base=base)
    with pytest.raises(ModelError, match=r"another shape than its base|does not have"):
        export_gguf(adapter, tmp_path / "gguf", ("f16",), base=write_model("xlam-2-70b", tmp_path / "other"))
    with pytest.raises(UsageError, match="not written as Q4_K_M"):
        export_adapter(adapter, tmp_path / "gguf", "q4_k_m", base=base)
    with pytest.raises(ModelError, match="holds no LoRA adapter"):
        export_adapter(base, tmp_path / "gguf")
    (model,) = (tmp_path / "gguf").glob("*.gguf")
    with pytest.raises(ModelError, match="is no adapter for a qwen2 model"):
        open_model(f"{model}#lora={model}")
    shutil.rmtree(adapter)


def test_a_merged_folder_is_held_against_the_adapter_on_its_base(made: tuple[Path, Path, Any], tmp_path: Path) -> None:
    base, adapter, fmt = made
    merged = export_hf(adapter, tmp_path / "merged", dtype="f32")
    prompts = sample_prompts(fmt, None, 1)
    check = check_folder(adapter, merged, prompts, fmt, "f32", max_tokens=8)
    check.require()
    assert check.agreement == 1.0 and check.divergence < 1e-4 and check.round_trip
    wrong = check_folder(base, merged, prompts, fmt, "f32", max_tokens=8)
    with pytest.raises(ModelError, match="differs from the checkpoint: it diverges by"):
        wrong.require()
    (merged / "chat_template.jinja").write_text("{{ messages }}")
    told = check_folder(adapter, merged, prompts, fmt, "f32", max_tokens=2).problems
    assert told == [f"its chat template writes other bytes than {fmt.id}"]
