"""GGUF files: what stands in them, and that they are whole or not there."""

# ruff: noqa: E402 - what is imported below needs safetensors
from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import gguf
import pytest

np = pytest.importorskip("numpy")
safetensors = pytest.importorskip("safetensors.numpy")

from lamforge.engines.gguf_header import read_header
from lamforge.export import export_gguf
from lamforge.export.identity import size_label
from lamforge.formats import get_format

FORMAT = get_format("xlam-qwen/always")
# ggml's docs/gguf.md, naming convention.
NAME = re.compile(
    r"^(?P<BaseName>[A-Za-z0-9\s]*(?:(?:-(?:(?:[A-Za-z\s][A-Za-z0-9\s]*)|(?:[0-9\s]*)))*))"
    r"-(?P<SizeLabel>(?:\d+x)?(?:\d+\.)?\d+[A-Za-z](?:-[A-Za-z]+(\d+\.)?\d+[A-Za-z]+)?)"
    r"-(?P<Version>v\d+(?:\.\d+)*)-(?P<Encoding>(?!LoRA|vocab)[\w_]+)\.gguf$"
)


@pytest.fixture(scope="module")
def files(small_model: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The exported files, by type."""
    made = export_gguf(small_model, tmp_path_factory.mktemp("gguf") / "new" / "folder")
    return dict(zip(("f16", "q8_0"), made, strict=True))


@pytest.fixture
def copy(small_model: Path, tmp_path: Path) -> Path:
    """A copy of the model's folder for a test to break."""
    return Path(shutil.copytree(small_model, tmp_path / "copy"))


def field(file: Path, key: str) -> Any:
    entry = gguf.GGUFReader(file).fields.get(key)
    return None if entry is None else entry.contents()


def weights(file: Path) -> dict[str, Any]:
    return {
        str(tensor.name): gguf.quants.dequantize(tensor.data, tensor.tensor_type)
        for tensor in gguf.GGUFReader(file).tensors
    }


def checkpoint(model: Path) -> dict[str, Any]:
    """The checkpoint's weights by their names in a GGUF file, mapped by the `gguf` library."""
    layers = json.loads((model / "config.json").read_text())["num_hidden_layers"]
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.QWEN2, layers)
    loaded = safetensors.load_file(model / "model.safetensors")
    return {str(names.get_name(name, try_suffixes=(".weight", ".bias"))): weight for name, weight in loaded.items()}


def test_files_are_named_by_the_convention(files: dict[str, Path], small_model: Path) -> None:
    count = sum(weight.size for weight in safetensors.load_file(small_model / "model.safetensors").values())
    for kind, file in files.items():
        parts = NAME.match(file.name)
        assert parts, file.name
        assert parts["BaseName"] == "small"
        assert parts["SizeLabel"] == f"{count / 1000:.0f}K"
        assert parts["Version"] == "v0.2"
        assert parts["Encoding"] == kind.upper()
        assert sorted(file.parent.iterdir()) == sorted(files.values())


@pytest.mark.parametrize(
    ("count", "label"), [(12, "12"), (4_200, "4.2K"), (118_464, "118K"), (7_620_000_000, "7.6B"), (72_000_000, "72M")]
)
def test_the_size_label_counts_the_weights(count: int, label: str) -> None:
    assert size_label(count) == label


def test_a_file_says_what_it_is(files: dict[str, Path], small_model: Path) -> None:
    config = json.loads((small_model / "config.json").read_text())
    for kind, file in files.items():
        assert field(file, "general.architecture") == "qwen2"
        assert field(file, "general.type") == "model"
        assert field(file, "general.name") == "small v0.2"
        assert field(file, "general.basename") == "small"
        assert field(file, "general.version") == "v0.2"
        assert field(file, "general.license") == "apache-2.0"
        assert field(file, "general.size_label") in file.name
        expected = gguf.LlamaFileType.MOSTLY_F16 if kind == "f16" else gguf.LlamaFileType.MOSTLY_Q8_0
        assert field(file, "general.file_type") == expected
        assert field(file, "lamforge.format") == FORMAT.id
        assert field(file, "tokenizer.chat_template") == FORMAT.chat_template
        for key, name in (
            ("context_length", "max_position_embeddings"),
            ("embedding_length", "hidden_size"),
            ("block_count", "num_hidden_layers"),
            ("feed_forward_length", "intermediate_size"),
            ("attention.head_count", "num_attention_heads"),
            ("attention.head_count_kv", "num_key_value_heads"),
        ):
            assert field(file, f"qwen2.{key}") == config[name], key
        assert field(file, "qwen2.rope.freq_base") == config["rope_parameters"]["rope_theta"]
        assert field(file, "qwen2.attention.layer_norm_rms_epsilon") == pytest.approx(config["rms_norm_eps"])
        assert read_header(file).architecture == "qwen2"


def test_a_file_has_the_checkpoints_vocabulary(files: dict[str, Path], small_model: Path) -> None:
    transformers = pytest.importorskip("transformers")
    tokenizer = transformers.AutoTokenizer.from_pretrained(small_model)
    file = files["f16"]
    tokens = field(file, "tokenizer.ggml.tokens")
    assert {token: number for number, token in enumerate(tokens)} == tokenizer.get_vocab()
    special = {FORMAT.special_tokens.index(token): token for token in FORMAT.special_tokens}
    types = field(file, "tokenizer.ggml.token_type")
    assert [tokens[i] for i, kind in enumerate(types) if kind == gguf.TokenType.CONTROL] == list(special.values())
    assert field(file, "tokenizer.ggml.eos_token_id") == tokenizer.eos_token_id
    assert field(file, "tokenizer.ggml.padding_token_id") == tokenizer.pad_token_id
    assert field(file, "tokenizer.ggml.add_bos_token") is False
    assert (field(file, "tokenizer.ggml.model"), field(file, "tokenizer.ggml.pre")) == ("gpt2", "qwen2")
    model = json.loads((small_model / "tokenizer.json").read_text())["model"]
    assert field(file, "tokenizer.ggml.merges") == [" ".join(pair) for pair in model["merges"]]


def test_every_tensor_is_the_checkpoints_to_the_types_rounding(files: dict[str, Path], small_model: Path) -> None:
    wanted = checkpoint(small_model)
    for kind, file in files.items():
        made = weights(file)
        assert made.keys() == wanted.keys()
        for name, weight in wanted.items():
            assert made[name].shape == weight.shape, name
            if weight.ndim == 1:
                error = 0.0
            elif kind == "f16":  # 11 bits of mantissa; below the smallest normal number the steps are 2**-24
                error = np.maximum(np.abs(weight) * 2**-11, 2**-25)
            else:  # blocks of 32 in steps of a 127th of the largest, whose size is an F16 itself
                blocks = np.abs(weight).reshape(*weight.shape[:-1], -1, 32).max(-1)
                error = (np.repeat(blocks, 32, axis=-1) / 127) * (0.5 + 127 * 2**-11) + 1e-7
            assert (np.abs(made[name] - weight) <= error).all(), (kind, name)


def test_the_smaller_type_is_smaller_and_rows_that_do_not_fill_a_block_stay_f16(
    files: dict[str, Path], copy: Path, tmp_path: Path
) -> None:
    types = {str(tensor.name): tensor.tensor_type for tensor in gguf.GGUFReader(files["q8_0"]).tensors}
    assert types["blk.0.attn_q.weight"] == gguf.GGMLQuantizationType.Q8_0
    assert types["blk.0.attn_q.bias"] == gguf.GGMLQuantizationType.F32
    loaded = safetensors.load_file(copy / "model.safetensors")
    for name in [name for name in loaded if ".mlp." in name]:
        loaded[name] = (loaded[name][:, :120] if "down" in name else loaded[name][:120]).copy()
    safetensors.save_file(loaded, copy / "model.safetensors")
    config = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(json.dumps(config | {"intermediate_size": 120}))
    (file,) = export_gguf(copy, tmp_path, ("q8_0",))
    types = {str(tensor.name): tensor.tensor_type for tensor in gguf.GGUFReader(file).tensors}
    assert types["blk.0.ffn_down.weight"] == gguf.GGMLQuantizationType.F16
    assert types["blk.1.ffn_up.weight"] == gguf.GGMLQuantizationType.Q8_0


def test_the_same_model_gives_the_same_bytes(files: dict[str, Path], small_model: Path, tmp_path: Path) -> None:
    for file in export_gguf(small_model, tmp_path):
        assert file.read_bytes() in {made.read_bytes() for made in files.values()}
