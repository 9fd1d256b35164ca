"""`lamforge export` from end to end: files, folder, card, hub."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.stub_hub import TOKEN, stub_hub

pytest.importorskip("torch")

from tests.export.family import write_model


def lamforge(*words: object, **environment: str) -> Any:
    command = [sys.executable, "-m", "lamforge", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environment}, timeout=200)


def test_a_model_becomes_files_a_folder_with_a_card_and_a_repository(tmp_path: Path) -> None:
    model = write_model("xlam-2-1b", tmp_path / "mine")
    done = lamforge("export", "hf", model, "--out", tmp_path / "hf", "--name", "mine", "--json")
    assert done.returncode == 0, done.stderr
    assert {"config.json", "model.safetensors", "chat_template.jinja", "README.md"} <= set(
        json.loads(done.stdout)["files"]
    )
    found = json.loads(done.stdout)["parity"]
    assert found["agreement"] > 0.9 and found["divergence"] < 0.02 and found["round_trip"]
    assert json.loads((tmp_path / "hf" / "parity-folder.json").read_text())["files"][0]["encoding"] == "BF16"
    assert "Beside the checkpoint, in transformers" in (tmp_path / "hf" / "README.md").read_text()
    out = tmp_path / "hf" / "gguf"
    done = lamforge("export", "gguf", tmp_path / "hf", "--type", "q4_k_m", "--name", "mine", "--json")
    assert done.returncode == 0, done.stderr
    (row,) = json.loads(done.stdout)
    assert Path(row["file"]).name == "mine-1.2M-v1-Q4_K_M.gguf" and row["round_trip"]
    assert json.loads((out / "parity.json").read_text())["files"][0]["encoding"] == "Q4_K_M"
    done = lamforge(
        "export", "card", tmp_path / "hf", "--base", "Qwen/Qwen2.5-1.5B-Instruct", "--repository", "me/mine"
    )
    assert done.returncode == 0 and "lamforge export push" in done.stdout, done.stderr
    assert "Q4_K_M" in (tmp_path / "hf" / "README.md").read_text()
    with stub_hub() as hub:
        settings = {"HF_ENDPOINT": hub.url, "HF_TOKEN": TOKEN, "HF_HUB_DISABLE_XET": "1"}
        done = lamforge("export", "push", tmp_path / "hf", "me/mine", "--dry-run", "--json", **settings)
        planned = json.loads(done.stdout)["files"]
        assert done.returncode == 0 and {"mine-1.2M-v1-Q4_K_M.gguf", "parity-folder.json"} <= set(planned)
        assert not hub.repos
        assert lamforge("export", "push", tmp_path / "hf", "me/mine", **settings).returncode == 130, "nobody said yes"
        done = lamforge("export", "push", tmp_path / "hf", "me/mine", "--yes", **settings)
        assert done.returncode == 0 and "lamforge chat --model hf:me/mine" in done.stdout, done.stderr
        assert TOKEN not in done.stdout + done.stderr
        assert "mine-1.2M-v1-Q4_K_M.gguf" in hub.repos["models/me/mine"]


def test_a_gguf_file_is_no_folder_to_export(tmp_path: Path) -> None:
    (tmp_path / "model.gguf").touch()
    done = lamforge("export", "hf", tmp_path / "model.gguf", "--out", tmp_path / "out")
    assert done.returncode != 0
    assert "is a file, and no folder of a model" in done.stderr


def test_merging_what_is_no_adapter_is_refused_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    done = lamforge("export", "merge", tmp_path, "--out", tmp_path / "out")
    assert done.returncode == 2 and "holds no LoRA adapter" in done.stderr and "export hf" in done.stderr
