"""Which columns matter: measured, written, read, and used."""

# ruff: noqa: E402 - what is imported below needs torch
from __future__ import annotations

import struct
from pathlib import Path

import gguf
import numpy as np
import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from tests.export.family import write_model

from lamforge.data import read_trajectories
from lamforge.data.rows import conversation
from lamforge.errors import DataError
from lamforge.export import export_gguf
from lamforge.export.importance import measure_importance, read_importance, write_importance
from lamforge.formats import get_format

FORMAT = get_format("xlam-qwen/always")


def test_importance_is_the_mean_square_of_what_a_matrix_reads(small_model: Path, conversations: Path) -> None:
    found, texts = measure_importance(small_model, conversations, FORMAT, texts=1)
    assert texts == 1
    assert {name.split(".")[2] for name in found} == {
        *("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down")
    }
    assert (found["blk.0.attn_q.weight"] == found["blk.0.attn_v.weight"]).all()
    tokenizer = transformers.AutoTokenizer.from_pretrained(small_model)
    model = transformers.AutoModelForCausalLM.from_pretrained(small_model, dtype=torch.float32)
    text = FORMAT.render(*conversation(next(iter(read_trajectories(conversations))), FORMAT))
    ids = tokenizer(text, add_special_tokens=False, return_tensors="pt")["input_ids"][:, :512]
    layer = model.model.layers[0]
    with torch.inference_mode():
        read = layer.input_layernorm(model.model.embed_tokens(ids))
    assert np.allclose(found["blk.0.attn_q.weight"], (read**2).mean((0, 1)).numpy(), rtol=1e-4)


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    importance = {"blk.0.attn_q.weight": np.arange(8.0), "blk.0.ffn_down.weight": np.ones(16)}
    write_importance(tmp_path / "imatrix.gguf", importance, "data.jsonl", 3)
    found = read_importance(tmp_path / "imatrix.gguf")
    assert found.keys() == importance.keys()
    assert all((found[name] == values).all() for name, values in importance.items())
    assert gguf.GGUFReader(tmp_path / "imatrix.gguf").fields["imatrix.chunk_count"].contents() == 3


def old_form(entries: dict[str, np.ndarray], calls: int) -> bytes:
    rows = [
        struct.pack("<i", len(name))
        + name.encode()
        + struct.pack("<ii", calls, len(values))
        + values.astype("<f4").tobytes()
        for name, values in entries.items()
    ]
    return struct.pack("<i", len(entries)) + b"".join(rows) + struct.pack("<ii", 5, 4) + b"data"


def test_the_older_form_of_llama_cpp_is_read(tmp_path: Path) -> None:
    (tmp_path / "m.dat").write_bytes(old_form({"blk.0.attn_q.weight": np.arange(8.0) * 4}, 4))
    assert (read_importance(tmp_path / "m.dat")["blk.0.attn_q.weight"] == np.arange(8.0)).all()


@pytest.mark.parametrize(
    "data",
    [b"", b"GGUF", struct.pack("<i", -1), struct.pack("<ii", 1, 1 << 30), old_form({"a": np.ones(64)}, 1)[:-60]],
)
def test_a_broken_importance_matrix_is_one_error(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "m.dat").write_bytes(data)
    with pytest.raises(Exception, match=r"importance matrix|truncated") as caught:
        read_importance(tmp_path / "m.dat")
    assert type(caught.value).__module__ == "lamforge.errors"
    with pytest.raises(DataError):
        read_importance(tmp_path / "none")


def test_a_model_is_quantised_with_regard_to_it(tmp_path: Path) -> None:
    folder = write_model("xlam-2-1b", tmp_path / "model")
    importance = {"blk.0.ffn_up.weight": np.where(np.arange(256) % 8 == 0, 100.0, 0.01)}
    (plain,) = export_gguf(folder, tmp_path / "a", ("q4_k_m",))
    (better,) = export_gguf(folder, tmp_path / "b", ("q4_k_m",), importance=importance)
    one, two = ({tensor.name: tensor.data for tensor in gguf.GGUFReader(file).tensors} for file in (plain, better))
    assert [name for name in one if (one[name] != two[name]).any()] == ["blk.0.ffn_up.weight"]
    assert gguf.GGUFReader(better).fields["quantize.imatrix.entries_count"].contents() == 1
