"""The engine says what the checkpoint says, through the real llama.cpp."""

# ruff: noqa: E402 - what is imported below needs torch
from __future__ import annotations

import asyncio
import json
import os
import random
import shutil
import unicodedata
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from safetensors.numpy import load_file, save_file

from lamforge.data import read_trajectories
from lamforge.data.rows import conversation
from lamforge.engines import open_model
from lamforge.errors import ModelError
from lamforge.export import check_parity, export_gguf, sample_prompts, write_report
from lamforge.export.parity import _compare_calls, divergence
from lamforge.export.parity_report import LIMITS, Parity
from lamforge.export.reference import Answer, Reference
from lamforge.formats import get_format

FORMAT = get_format("xlam-qwen/always")
PROMPTS = 6
ANSWER = 80  # tokens
NEAR_TIE = 0.1  # nats between the two likeliest tokens; rounding moves either by some hundredths


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine that is busy, the engine's threads wait for each other a thousand times longer than they compute."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0}, raising=False)


@pytest.fixture(scope="module")
def files(small_model: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return export_gguf(small_model, tmp_path_factory.mktemp("gguf"))


def test_prompts_end_where_the_assistant_begins_at_different_turns(conversations: Path) -> None:
    prompts = sample_prompts(FORMAT, conversations, 2 * PROMPTS)
    assert len(prompts) == 2 * PROMPTS
    for prompt, one in zip(prompts, read_trajectories(conversations), strict=False):
        assert prompt.endswith("<|im_start|>assistant\n")
        assert FORMAT.render(*conversation(one, FORMAT)).startswith(prompt)
        assert '"renew_loan"' in prompt
    assert len({prompt.count("<|im_start|>") for prompt in prompts}) > 3


def test_without_data_there_is_one_prompt_with_a_tool() -> None:
    (prompt,) = sample_prompts(FORMAT, None, PROMPTS)
    assert "get_weather" in prompt and prompt.endswith("<|im_start|>assistant\n")


def test_the_files_continue_prompts_with_tools_as_the_checkpoint_does(
    small_model: Path, files: list[Path], conversations: Path, tmp_path: Path
) -> None:
    prompts = sample_prompts(FORMAT, conversations, PROMPTS)
    checks = check_parity(small_model, files, prompts, FORMAT, max_tokens=ANSWER, places=8)
    for file, parity in zip(files, checks, strict=True):
        assert (parity.file, parity.prompts, parity.same_tokens) == (file, PROMPTS, PROMPTS)
        assert parity.places > PROMPTS
        # Activations are rounded to F16 or Q8_0 in the engine, so a near tie may fall the other way.
        assert parity.agreement > 0.95
        assert parity.divergence < LIMITS[parity.encoding] / 4
        assert parity.calling > 0
        assert parity.round_trip
        parity.require()
    write_report(tmp_path / "parity.json", checks, small_model)
    record = json.loads((tmp_path / "parity.json").read_text())
    assert [row["file"] for row in record["files"]] == [file.name for file in files]
    assert record["files"][0]["agreement"] == round(checks[0].agreement, 6)


def test_the_files_write_by_themselves_what_the_checkpoint_writes_as_long_as_it_is_sure(
    small_model: Path, files: list[Path], conversations: Path
) -> None:
    reference = Reference(small_model)
    tokenizer: Any = transformers.AutoTokenizer.from_pretrained(small_model)
    sure: list[tuple[str, str]] = []  # prompt, and the answer's beginning
    for prompt in sample_prompts(FORMAT, conversations, 2 * PROMPTS):
        answer = reference.answer(prompt, ANSWER, ANSWER, FORMAT.stop_tokens)
        second, first = np.sort(answer.logarithms, axis=-1)[:, -2:].T
        count = int(np.argmax(np.append(first - second, 0.0) < NEAR_TIE))
        sure.append((prompt, tokenizer.decode(answer.tokens[:count], skip_special_tokens=True)))
    assert sum(len(beginning) for _, beginning in sure) > 3 * len(sure)

    async def write(file: Path) -> list[str]:
        model: Any = open_model(str(file), format=FORMAT.id, slots=1)
        try:
            return [await model.greedy_text(prompt, ANSWER) for prompt, _ in sure]
        finally:
            await model.aclose()

    for file in files:
        for text, (_, beginning) in zip(asyncio.run(write(file)), sure, strict=True):
            assert text.startswith(beginning), file.name


@pytest.mark.parametrize(("city", "same"), [("Rome", 1), ("Paris", 0)])
def test_a_call_counts_as_the_same_with_the_same_name_and_arguments_alone(city: str, same: int) -> None:
    class Engine:
        async def greedy_text(self, prompt: str, max_tokens: int) -> str:
            return f'[{{"name": "get_weather", "arguments": {{"city": "{city}"}}}}]'

    answer = Answer([1], [2], '[{"name": "get_weather", "arguments": {"city": "Rome"}}]', None)
    parity = Parity(Path("model.gguf"), "F16")
    asyncio.run(_compare_calls(Engine(), "prompt", answer, FORMAT, parity))
    assert (parity.calling, parity.same_calls) == (1, same)


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
    (parity,) = check_parity(
        other, files[:1], sample_prompts(FORMAT, conversations, PROMPTS), FORMAT, max_tokens=80, places=8
    )
    with pytest.raises(ModelError, match=r"diverges by .* nats; F16 explains"):
        parity.require()


def test_a_file_of_another_tokenizer_is_told_apart(
    small_model: Path, conversations: Path, tmp_path: Path, files: list[Path]
) -> None:
    other = Path(shutil.copytree(small_model, tmp_path / "other"))
    tokenizer = json.loads((other / "tokenizer.json").read_text())
    tokenizer["model"]["merges"] = tokenizer["model"]["merges"][:-100]
    (other / "tokenizer.json").write_text(json.dumps(tokenizer))
    (parity,) = check_parity(other, files[:1], sample_prompts(FORMAT, conversations, 2), FORMAT, max_tokens=2)
    with pytest.raises(ModelError, match="2 of 2 prompts are other tokens to it"):
        parity.require()


@given(
    st.lists(st.floats(-5, 5), min_size=4, max_size=12),
    st.lists(st.floats(-5, 5), min_size=12, max_size=12),
    st.integers(1, 12),
)
def test_the_divergence_is_never_negative_and_at_most_the_one_of_all_tokens(
    mine: list[float], theirs: list[float], count: int
) -> None:
    p, q = (np.array(values[: len(mine)]) for values in (mine, theirs))
    p, q = (x - np.log(np.exp(x).sum()) for x in (p, q))
    rows = sorted(enumerate(q.tolist()), key=lambda row: -row[1])
    exact = float((np.exp(p) * (p - q)).sum())
    assert divergence(p, rows) == pytest.approx(exact, abs=1e-4)
    assert -1e-9 <= divergence(p, rows[:count]) <= exact + 1e-4
    assert divergence(p, sorted(enumerate(p.tolist()), key=lambda row: -row[1])[:count]) == pytest.approx(0, abs=1e-4)


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
