"""Models of the hub: which file is taken, that it is what the hub says, and what happens without a connection."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.stub_hub import Hub, stub_hub
from tests.tiny_gguf import write_tiny_gguf

from lamforge.engines import open_model
from lamforge.engines.hub import Remote, choose, fetch
from lamforge.errors import ModelError, UsageError


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return write_tiny_gguf(tmp_path_factory.mktemp("tiny") / "tiny.gguf").read_bytes()


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: bytes) -> Iterator[Hub]:
    with stub_hub() as running:
        monkeypatch.setenv("HF_ENDPOINT", running.url)
        monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
        monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
        running.repos["models/me/small"] = {
            "README.md": b"# small",
            "small-F16.gguf": model + b"f16",
            "small-Q4_K_M.gguf": model,
            "small-Q8_0.gguf": model + b"q8",
            "small-Q8_0-LoRA.gguf": b"adapter",
        }
        yield running


def downloads(hub: Hub) -> list[str]:
    return [line for line in hub.log if line.startswith("GET") and "/resolve/" in line]


def test_a_model_of_the_hub_is_opened_and_says_which_file_it_is(hub: Hub, model: bytes) -> None:
    opened = open_model("hf:me/small")
    assert opened.name == "tiny" and opened.format.id == "xlam-qwen/always"
    assert "small-Q4_K_M.gguf of me/small" in opened.notes
    path, _ = fetch("hf:me/small")
    assert path.read_bytes() == model
    assert len(downloads(hub)) == 1, "the second time it lies in the cache"


@pytest.mark.parametrize("wanted", ["small-Q8_0.gguf", "Q8_0", "q8_0"])
def test_a_file_is_chosen_by_its_name_or_its_encoding(hub: Hub, wanted: str) -> None:
    path, note = fetch(f"hf:me/small:{wanted}")
    assert path.name == "small-Q8_0.gguf" and note == "small-Q8_0.gguf of me/small"


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        (["a-F16.gguf", "a-Q8_0.gguf", "a-Q4_K_M.gguf", "a-Q2_K.gguf"], "a-Q4_K_M.gguf"),
        (["a-F16.gguf", "a-Q8_0.gguf"], "a-Q8_0.gguf"),
        (["a.BF16.gguf", "a.F16.gguf"], "a.F16.gguf"),
        (["mmproj-a-Q4_K_M.gguf", "imatrix.gguf", "a.gguf"], "a.gguf"),
        (["gguf/a.gguf"], "gguf/a.gguf"),
        (["a-Q4_K_M-00001-of-00002.gguf", "a-F32.gguf"], "a-F32.gguf"),
    ],
)
def test_among_several_the_one_for_most_machines_is_taken(names: list[str], chosen: str) -> None:
    assert choose([Remote(name, None) for name in names], "", "hf:a/b").name == chosen


@pytest.mark.parametrize(
    ("names", "wanted", "message"),
    [
        (["model.safetensors"], "", "has no GGUF file"),
        (["../../x.gguf", "/x.gguf"], "", "has no GGUF file"),
        (["a-F16.gguf"], "b.gguf", r"no file 'b\.gguf'\n  It has a-F16\.gguf"),
        (["a-F16-00001-of-00002.gguf"], "", "one of several parts"),
    ],
)
def test_a_repository_without_a_fitting_file_is_an_error_that_says_what_it_has(
    names: list[str], wanted: str, message: str
) -> None:
    with pytest.raises(ModelError, match=message):
        choose([Remote(name, None) for name in names], wanted, "hf:a/b")


def test_a_file_that_arrives_changed_is_removed_and_never_opened(hub: Hub, tmp_path: Path) -> None:
    hub.claims["small-Q4_K_M.gguf"] = "a" * 64
    with pytest.raises(ModelError, match="arrived changed"):
        fetch("hf:me/small")
    assert not list((tmp_path / "cache").rglob("*.gguf"))
    del hub.claims["small-Q4_K_M.gguf"]
    assert fetch("hf:me/small")[0].exists()


def test_a_file_that_was_changed_in_the_cache_is_noticed(hub: Hub) -> None:
    path, _ = fetch("hf:me/small")
    blob = path.resolve()
    blob.write_bytes(blob.read_bytes()[:-1] + b"!")
    with pytest.raises(ModelError, match="arrived changed"):
        fetch("hf:me/small")


def test_offline_an_earlier_download_is_used_and_said(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    path, _ = fetch("hf:me/small")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    hub.log.clear()
    assert fetch("hf:me/small") == (path, "small-Q4_K_M.gguf of me/small, from the cache: HF_HUB_OFFLINE is set")
    assert not hub.log
    with pytest.raises(ModelError, match="HF_HUB_OFFLINE is set, and nothing of it was fetched before"):
        fetch("hf:me/small:Q8_0")


def test_offline_a_file_that_was_changed_in_the_cache_is_not_opened(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    path, _ = fetch("hf:me/small")
    blob = path.resolve()
    blob.write_bytes(blob.read_bytes()[:-1] + b"!")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ModelError, match=r"was changed in the cache.*HF_HUB_OFFLINE is set"):
        fetch("hf:me/small")
    assert path.exists()  # there is no way to fetch it again


def test_without_a_connection_the_cache_serves_too(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    fetch("hf:me/small")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert "the hub cannot be reached" in fetch("hf:me/small")[1]
    with pytest.raises(ModelError, match=r"cannot be reached .*\n  Connect once"):
        fetch("hf:me/other")


def test_what_the_hub_refuses_is_said_with_what_to_do(hub: Hub) -> None:
    with pytest.raises(ModelError, match="no such model"):
        fetch("hf:me/none")
    hub.gated.add("models/me/small")
    with pytest.raises(ModelError, match="accept their licence"):
        fetch("hf:me/small")


@pytest.mark.parametrize("spec", ["hf:", "hf:me", "hf:me/../x", "hf:/me/small", "hf:me/a b"])
def test_a_spec_of_another_form_is_refused_before_anything_is_asked(hub: Hub, spec: str) -> None:
    with pytest.raises(UsageError, match="names no model of the hub"):
        open_model(spec)
    assert not hub.log
