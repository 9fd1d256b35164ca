"""The engine says what the checkpoint says, through the real llama.cpp."""

# ruff: noqa: E402 - what is imported below needs torch
from __future__ import annotations

import asyncio
import os
import random
import unicodedata
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from safetensors.numpy import load_file, save_file

from lamforge.data import read_trajectories
from lamforge.data.rows import conversation
from lamforge.engines import open_model
from lamforge.errors import ModelError
from lamforge.export import check_parity, export_gguf, sample_prompts
from lamforge.formats import get_format

FORMAT = get_format("xlam-qwen/always")
PROMPTS = 6


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine that is busy, the engine's threads wait for each other a thousand times longer than they compute."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0}, raising=False)


@pytest.fixture(scope="module")
def files(small_model: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return export_gguf(small_model, tmp_path_factory.mktemp("gguf"))


def test_prompts_end_where_the_assistant_begins_at_different_turns(small_model: Path, conversations: Path) -> None:
    prompts = sample_prompts(small_model, conversations, PROMPTS)
    assert len(prompts) == PROMPTS
    for prompt, one in zip(prompts, read_trajectories(conversations), strict=False):
        assert prompt.endswith("<|im_start|>assistant\n")
        assert FORMAT.render(*conversation(one, FORMAT)).startswith(prompt)
        assert '"renew_loan"' in prompt
    assert len({prompt.count("<|im_start|>") for prompt in prompts}) > 3


def test_without_data_there_is_one_prompt_with_a_tool(small_model: Path) -> None:
    (prompt,) = sample_prompts(small_model, None, PROMPTS)
    assert "get_weather" in prompt and prompt.endswith("<|im_start|>assistant\n")


def test_the_files_continue_prompts_with_tools_as_the_checkpoint_does(
    small_model: Path, files: list[Path], conversations: Path
) -> None:
    prompts = sample_prompts(small_model, conversations, PROMPTS)
    for file in files:
        parity = check_parity(small_model, file, prompts, max_tokens=16)
        assert (parity.file, parity.prompts) == (file, PROMPTS)
        assert parity.tokens > PROMPTS
        # Activations are rounded to F16 or Q8_0 in the engine, so a near tie may fall the other way once.
        assert parity.equal >= PROMPTS - 1, parity.differences
        parity.require()
        assert len(parity.differences) == PROMPTS - parity.equal


def test_a_file_of_other_weights_is_told_apart(
    small_model: Path, conversations: Path, tmp_path: Path, files: list[Path]
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    for file in small_model.iterdir():
        (other / file.name).write_bytes(file.read_bytes()) if file.is_file() else None
    weights = load_file(other / "model.safetensors")
    name = "model.layers.1.self_attn.q_proj.weight"
    weights[name] = weights[name][::-1].copy()
    save_file(weights, other / "model.safetensors", metadata={"format": "pt"})
    parity = check_parity(other, files[0], sample_prompts(small_model, conversations, PROMPTS), max_tokens=16)
    with pytest.raises(ModelError, match="differs from the checkpoint"):
        parity.require()
    assert parity.agreeing < parity.tokens
    assert parity.differences[0].startswith("prompt ")


def test_the_files_tokenizer_gives_the_checkpoints_ids(
    small_model: Path, files: list[Path], conversations: Path
) -> None:
    tokenizer = transformers.AutoTokenizer.from_pretrained(small_model)
    texts = [FORMAT.render(*conversation(one, FORMAT)) for one in read_trajectories(conversations)][:10]
    texts += [
        "",
        " ",
        "  a",
        "a\n\n b\r\n",
        "it's IT'S 'tis",
        "L104 1234,5",
        "naïve Größe 無 🙂👍🏽",
        '{"a": ["north"]}',
    ]
    draw = random.Random(0)
    alphabet = [*"aZ '\"\n\t{}[]:,.<|>_-7é無🙂\u00a0\u2028", "north", "<|im_end|>", "<|im_start|>", "'ll", "card"]
    texts += ["".join(draw.choices(alphabet, k=draw.randint(1, 30))) for _ in range(200)]
    texts = [unicodedata.normalize("NFC", text) for text in texts]

    async def engine_ids() -> list[list[int]]:
        model: Any = open_model(str(files[0]), slots=1)
        body = {"add_special": False, "parse_special": True}
        try:
            post = model._child._post
            return [(await post("/tokenize", {"content": text, **body}))["tokens"] for text in texts]
        finally:
            await model.aclose()

    for text, made in zip(texts, asyncio.run(engine_ids()), strict=True):
        assert made == tokenizer(text, add_special_tokens=False)["input_ids"], text
