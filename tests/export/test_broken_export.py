"""Exports that cannot succeed: one clear error, nothing half-written."""

from __future__ import annotations

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
        (remove("lamforge.json"), "is no finished model.*lamforge.json"),
        (remove("config.json"), "is no finished model.*config.json"),
        (remove("model.safetensors"), "is no finished model.*model.safetensors"),
        (replace("config.json", "{"), "is no finished model"),
        (replace("config.json", '{"model_type": "llama"}'), "model type 'llama' cannot be exported"),
        (replace("recipe.yaml", "name: [1"), "is no finished model"),
        (replace("recipe.yaml", "speed: 1"), "is no finished model"),
        (replace("lamforge.json", "{}"), "is no finished model"),
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
    with pytest.raises(UsageError, match="'q2_k' is unknown\n  Use one of: f16, q8_0"):
        export_gguf(small_model, tmp_path / "gguf", ("f16", "q2_k"))
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
