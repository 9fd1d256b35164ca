"""What all tests share: the library, a small domain; its conversations; a small model trained on them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from lamforge.domains import Domain, load_domain
from lamforge.generate import generate_multi

settings.register_profile("lamforge", deadline=None)  # the machine is shared: time says nothing
settings.load_profile("lamforge")

LIBRARY = Path(__file__).parent / "library"
SMALL = Path(__file__).parent / "small.yaml"


@pytest.fixture(scope="session")
def library() -> Domain:
    """A small domain: 40 members, 100 loans, five tools, four rules."""
    return load_domain(LIBRARY)


@pytest.fixture
def library_copy(tmp_path: Path) -> Path:
    """A copy of the library's folder for a test to break."""
    return Path(shutil.copytree(LIBRARY, tmp_path / "library", ignore=shutil.ignore_patterns("__pycache__")))


@pytest.fixture(scope="session")
def conversations(library: Domain, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty verified conversations in the library, the shortest of fifty that `generate multi` writes."""
    out = tmp_path_factory.mktemp("conversations")
    generate_multi(library, out, tasks=50, test_tasks=5, seed=1)
    file = out / "trajectories.jsonl"
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    file.write_text("".join(sorted(lines, key=len)[:40]), encoding="utf-8")
    return file


@pytest.fixture(scope="session")
def tokenizer(conversations: Path) -> Any:
    """A tokenizer trained on the library's conversations."""
    pytest.importorskip("transformers")
    from lamforge.data import copied_words, rendered_texts
    from lamforge.formats import get_format
    from lamforge.train.tokenizer import train_tokenizer

    fmt = get_format("xlam-qwen/always")
    texts = rendered_texts([conversations], fmt)
    return train_tokenizer(texts, fmt, 600, 2048, copied_words([conversations]))


@pytest.fixture(scope="session")
def small_model(conversations: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the model of `small.yaml`, trained on the library's conversations."""
    torch = pytest.importorskip("torch")
    from lamforge.train import load_recipe, train_sft

    torch.set_num_threads(1)  # sums are made in the same order in every process
    out = tmp_path_factory.mktemp("small") / "model"
    train_sft(load_recipe(str(SMALL)), [conversations], out)
    return out
