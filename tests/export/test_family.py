"""xLAM-2's five shapes: every file that is made of them says what the checkpoint says, and doctor approves of it."""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path

import gguf
import pytest

pytest.importorskip("torch")

from tests.export.family import FAMILY, write_model

from lamforge.engines.diagnosis import diagnose
from lamforge.export import TYPES, check_parity, export_gguf, sample_prompts

KINDS = {  # of a file of 2 layers with rows of 256: the first type is the output's
    "q4_k_m": {"Q6_K", "Q4_K", "F32"},
    "q3_k_m": {"Q6_K", "Q5_K", "Q4_K", "Q3_K", "F32"},
    "q2_k": {"Q6_K", "Q4_K", "Q3_K", "Q2_K", "F32"},
}


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0}, raising=False)


@pytest.mark.parametrize("name", FAMILY)
def test_files_of_each_shape_say_what_the_checkpoint_says(name: str, tmp_path: Path) -> None:
    folder = write_model(name, tmp_path / name)
    types = TYPES if name == "xlam-2-1b" else ("f32", "q4_k_m")
    files = export_gguf(folder, tmp_path / "gguf", types)
    family = "xlam-llama" if name in ("xlam-2-8b", "xlam-2-70b") else "xlam-qwen"
    found = diagnose(files[0])
    assert found.verdict.works and found.format is not None and found.format.id == f"{family}/hf"
    checks = check_parity(folder, files, sample_prompts(found.format, None, 1), found.format, max_tokens=4)
    for check in checks:
        check.require()
        assert check.round_trip and check.same_tokens == 1
    assert checks[0].encoding == "F32" and checks[0].divergence < 0.001 and checks[0].agreement == 1.0
    by_size = sorted(checks[3:], key=lambda check: -check.file.stat().st_size)
    assert all(before.divergence < after.divergence * 1.5 for before, after in pairwise(by_size)), (
        "fewer bits, further away"
    )


def test_each_encoding_mixes_the_types_that_its_name_promises(tmp_path: Path) -> None:
    folder = write_model("xlam-2-1b", tmp_path / "model")
    for kind, expected in KINDS.items():
        (file,) = export_gguf(folder, tmp_path / "gguf", (kind,))
        assert {tensor.tensor_type.name for tensor in gguf.GGUFReader(file).tensors} == expected, kind


def test_how_positions_are_stretched_stands_in_the_file(tmp_path: Path) -> None:
    (qwen,) = export_gguf(write_model("xlam-2-3b", tmp_path / "qwen"), tmp_path / "gguf", ("f16",))
    fields = gguf.GGUFReader(qwen).fields
    assert fields["qwen2.rope.scaling.type"].contents() == "yarn"
    assert fields["qwen2.rope.scaling.factor"].contents() == 4.0
    assert fields["qwen2.rope.scaling.original_context_length"].contents() == 512
    assert fields["qwen2.context_length"].contents() == 2048
    (llama,) = export_gguf(write_model("xlam-2-8b", tmp_path / "llama"), tmp_path / "gguf", ("f16",))
    reader = gguf.GGUFReader(llama)
    (factors,) = [tensor for tensor in reader.tensors if tensor.name == "rope_freqs.weight"]
    assert len(factors.data) == 16 and factors.data[0] == 1.0 and factors.data[-1] == 8.0
    assert list(factors.data) == sorted(factors.data)


def test_llamas_tokenizer_puts_its_first_token_and_qwens_none(tmp_path: Path) -> None:
    for name, pre, adds in (("xlam-2-8b", "llama-bpe", True), ("xlam-2-1b", "qwen2", False)):
        (file,) = export_gguf(write_model(name, tmp_path / name), tmp_path / "gguf", ("f16",))
        fields = gguf.GGUFReader(file).fields
        assert fields["tokenizer.ggml.pre"].contents() == pre
        assert fields["tokenizer.ggml.add_bos_token"].contents() is adds
        assert ("tokenizer.ggml.bos_token_id" in fields) is adds
        tokens, eos = (fields[f"tokenizer.ggml.{key}"].contents() for key in ("tokens", "eot_token_id"))
        assert tokens[eos] == ("<|eot_id|>" if adds else "<|im_end|>")
