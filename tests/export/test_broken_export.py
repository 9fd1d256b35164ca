"""Exports that cannot succeed: one clear error, nothing half-written."""

from __future__ import annotations

import json
import resource
import shutil
from pathlib import Path
from typing import Any

import pytest

from lamforge.errors import ModelError, OutputError, UsageError
from lamforge.export import export_gguf


@pytest.fixture
def copy(small_model: Path, tmp_path: Path) -> Path:
    """A copy of the model's folder for a test to break."""
    return Path(shutil.copytree(small_model, tmp_path / "copy"))


def remove(name: str) -> Any:
    return lambda folder: (folder / name).unlink()


def replace(name: str, text: str) -> Any:
    return lambda folder: (folder / name).write_text(text)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (shutil.rmtree, "is no finished model"),
        (remove("config.json"), "is no finished model.*config.json"),
        (remove("model.safetensors"), "is no finished model.*model.safetensors"),
        (replace("config.json", "{"), "is no finished model"),
        (replace("config.json", '{"model_type": "gpt2"}'), "model type 'gpt2' cannot be exported; qwen2 and llama can"),
        (replace("config.json", '{"model_type": "llama"}'), "config.json has no hidden_size"),
        (replace("recipe.yaml", "name: [1"), "is no finished model"),
        (replace("recipe.yaml", "- 1"), "is no finished model"),
        (replace("lamforge.json", "half"), "is no JSON"),
        (replace("tokenizer.json", "{}"), "is no finished model"),
        (replace("model.safetensors", "half"), "is no finished model"),
    ],
)
def test_a_folder_without_a_whole_model_gives_one_error_and_no_file(
    copy: Path, tmp_path: Path, spoil: Any, message: str
) -> None:
    spoil(copy)
    with pytest.raises(ModelError, match=message) as caught:
        export_gguf(copy, tmp_path / "gguf")
    assert str(copy) in str(caught.value)
    assert not (tmp_path / "gguf").exists()


def test_an_unknown_type_is_named_before_anything_is_written(small_model: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="'q2_k_xl' is unknown\n  Use one of: f32, f16, bf16, q8_0"):
        export_gguf(small_model, tmp_path / "gguf", ("f16", "q2_k_xl"))
    assert not (tmp_path / "gguf").exists()


def test_a_folder_that_cannot_be_made_is_named(small_model: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="file/gguf: cannot be written"):
        export_gguf(small_model, tmp_path / "file" / "gguf")


def test_a_disk_that_is_full_leaves_the_old_file_and_nothing_half_written(small_model: Path, tmp_path: Path) -> None:
    (old,) = export_gguf(small_model, tmp_path / "gguf", ("f16",))
    before = old.read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(
        resource.RLIMIT_FSIZE, (len(before) // 2, limits[1])
    )  # writing beyond it fails as a full disk does
    try:
        with pytest.raises(OutputError, match="cannot be written"):
            export_gguf(small_model, tmp_path / "gguf", ("f16",))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert [path.name for path in (tmp_path / "gguf").iterdir()] == [old.name]
    assert old.read_bytes() == before


def change_config(folder: Path, **values: Any) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | values))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"num_hidden_layers": 3}, "has no weights for 'blk.2.attn_norm.weight'"),
        ({"intermediate_size": 96}, r"has the shape \[64, 128\]; config.json says \[64, 96\]"),
        ({"use_sliding_window": True}, "sliding window"),
        ({"hidden_act": "gelu"}, "activation 'gelu'"),
        ({"rope_parameters": {"rope_type": "longrope"}}, "rope type 'longrope'"),
        ({"rope_parameters": {"rope_type": "yarn"}}, "needs factor"),
        ({"vocab_size": 300}, "embeddings 300 rows|config.json says"),
    ],
)
def test_a_configuration_that_a_file_cannot_say_is_refused(
    copy: Path, tmp_path: Path, values: dict[str, Any], message: str
) -> None:
    change_config(copy, **values)
    with pytest.raises(ModelError, match=message):
        export_gguf(copy, tmp_path / "gguf")
    assert not (tmp_path / "gguf").exists() or not list((tmp_path / "gguf").iterdir())


def test_weights_that_are_no_numbers_or_too_large_for_f16_are_named(copy: Path, tmp_path: Path) -> None:
    safetensors = pytest.importorskip("safetensors.numpy")
    weights = safetensors.load_file(copy / "model.safetensors")
    name = "model.layers.1.mlp.up_proj.weight"
    for value, kind, message in ((float("nan"), "q8_0", "no finite numbers"), (1e5, "f16", "beyond F16's 65504")):
        weights[name][3, 4] = value
        safetensors.save_file(weights, copy / "model.safetensors", metadata={"format": "pt"})
        with pytest.raises(ModelError, match=f"tensor '{name}'.*{message}"):
            export_gguf(copy, tmp_path / "gguf", (kind,))
        assert not list((tmp_path / "gguf").iterdir())
    assert export_gguf(copy, tmp_path / "gguf", ("bf16",))


def test_a_tokenizer_that_llama_cpp_does_not_know_is_refused(copy: Path, tmp_path: Path) -> None:
    path = copy / "tokenizer.json"
    path.write_text(path.read_text().replace("(?i:'s|'t", "(?i:'s|'u"))
    with pytest.raises(ModelError, match=r"neither Qwen2\.5's nor Llama 3.1's"):
        export_gguf(copy, tmp_path / "gguf", ("f16",))


def test_a_folder_of_no_known_format_wants_one_named(copy: Path, tmp_path: Path) -> None:
    (copy / "lamforge.json").unlink()
    (copy / "chat_template.jinja").write_text("{{ messages }}")
    with pytest.raises(ModelError, match="in which format it was trained") as caught:
        export_gguf(copy, tmp_path / "gguf", ("f16",))
    assert "--format" in str(caught.value)
    assert export_gguf(copy, tmp_path / "gguf", ("f16",), format="xlam-qwen/always")
