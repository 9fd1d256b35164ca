"""Pushing to the hub, against a hub on the loopback interface."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.stub_hub import TOKEN, Hub, stub_hub
from tests.tiny_gguf import write_tiny_gguf

from lamforge.engines.hub import fetch
from lamforge.errors import OutputError, UsageError
from lamforge.export.push import plan_push, push


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    with stub_hub() as running:
        monkeypatch.setenv("HF_ENDPOINT", running.url)
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
        monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)  # the stub keeps files by LFS
        yield running


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    (folder / "gguf").mkdir(parents=True)
    (folder / "checkpoints").mkdir()
    for name in ("config.json", "tokenizer.json", "chat_template.jinja", "lamforge.json"):
        (folder / name).write_text("{}")
    (folder / "README.md").write_text("---\nlicense: apache-2.0\n---\n# mine\n")
    (folder / "model.safetensors").write_bytes(b"w" * (3 << 20))
    write_tiny_gguf(folder / "gguf" / "mine-1.2M-v1-Q8_0.gguf")
    for secret in (".env", "checkpoints/optimizer.pt", "notes.txt", "run.json"):
        (folder / secret).write_text("mine alone")
    return folder


def uploads(hub: Hub) -> list[str]:
    return [line for line in hub.log if line.startswith("PUT /lfs/")]


def test_a_model_its_gguf_files_and_its_card_arrive_whole_and_nothing_else(hub: Hub, model: Path) -> None:
    seen: list[tuple[int, int, str]] = []
    done = push(model, "me/mine", progress=lambda *row: seen.append(row))
    files = hub.repos["models/me/mine"]
    assert (
        sorted(files)
        == sorted(done.files)
        == [
            *("README.md", "chat_template.jinja", "config.json", "lamforge.json", "mine-1.2M-v1-Q8_0.gguf"),
            *("model.safetensors", "tokenizer.json"),
        ]
    )
    assert files["model.safetensors"] == (model / "model.safetensors").read_bytes()
    assert "models/me/mine" in hub.private
    assert seen[-1][0] == seen[-1][1] == done.bytes
    path, _ = fetch("hf:me/mine")
    assert path.read_bytes() == (model / "gguf" / "mine-1.2M-v1-Q8_0.gguf").read_bytes()


def test_data_go_to_a_data_sets_repository(hub: Hub, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "README.md").write_text("---\nlicense: cc-by-4.0\n---\n")
    (folder / "trajectories.jsonl").write_text("{}\n")
    push(folder, "me/data", dataset=True, private=False)
    assert sorted(hub.repos["datasets/me/data"]) == ["README.md", "trajectories.jsonl"]
    assert not hub.private


def test_an_interrupted_push_goes_on_without_sending_again_what_arrived(hub: Hub, model: Path) -> None:
    (model / "model-2.safetensors").write_bytes(b"v" * (2 << 20))
    original = hub.objects
    push_parts = 0

    def stop(done: int, total: int, name: str) -> None:
        nonlocal push_parts
        push_parts += 1
        if push_parts == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        push(model, "me/mine", progress=stop)
    assert not hub.repos["models/me/mine"], "nothing is visible before the commit"
    assert len(original) == 1
    before = len(uploads(hub))
    push(model, "me/mine")
    assert len(uploads(hub)) - before == 2, "the other large files, and not the one that arrived"
    assert len(hub.repos["models/me/mine"]) == 8
    again = len(uploads(hub))
    push(model, "me/mine")
    assert len(uploads(hub)) == again


def test_a_refusal_names_the_repository_and_never_the_token(
    hub: Hub, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_wrongwrongwrongwrong")
    with pytest.raises(OutputError, match=r"me/mine: the hub refuses(.|\n)*HF_TOKEN may write") as caught:
        push(model, "me/mine")
    assert "hf_wrong" not in str(caught.value)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    hub.fail_uploads = 100
    with pytest.raises(OutputError) as refused:
        push(model, "me/mine")
    assert TOKEN not in str(refused.value)
    assert not hub.repos["models/me/mine"]


def test_without_a_connection_or_an_account_it_is_said(
    hub: Hub, model: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(UsageError, match="HF_HUB_OFFLINE is set"):
        push(model, "me/mine")
    monkeypatch.delenv("HF_HUB_OFFLINE")
    monkeypatch.setattr("huggingface_hub.get_token", lambda: None)
    monkeypatch.delenv("HF_TOKEN")
    with pytest.raises(UsageError, match="no account"):
        push(model, "me/mine")
    assert not hub.log


def test_what_cannot_be_pushed_is_refused_before_anything_is_sent(hub: Hub, model: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no repository"):
        plan_push(model, "mine")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="holds no model"):
        plan_push(tmp_path / "empty", "me/mine")
    with pytest.raises(UsageError, match="holds no data"):
        plan_push(model, "me/mine", dataset=True)
    (model / "README.md").write_text("# no front matter\n")
    with pytest.raises(UsageError, match=r"no card that names a licence(.|\n)*export card"):
        plan_push(model, "me/mine")
    assert not hub.log
