"""A GGUF file is a stranger's claim: what its header says is checked before native code believes it."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest
from gguf import GGUFValueType, GGUFWriter
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.tiny_gguf import write_tiny_gguf

from lamforge.engines.claims import read_claims
from lamforge.engines.gguf_header import read_header
from lamforge.errors import ModelError

U32, I32, F32 = GGUFValueType.UINT32, GGUFValueType.INT32, GGUFValueType.FLOAT32
STRING, ARRAY = GGUFValueType.STRING, GGUFValueType.ARRAY
TOKENS, SCORES = "tokenizer.ggml.tokens", "tokenizer.ggml.scores"
KINDS, MERGES = "tokenizer.ggml.token_type", "tokenizer.ggml.merges"
Field = tuple[str, Any, GGUFValueType, GGUFValueType | None]  # key, value, type, type of its elements

SOUND: list[Field] = [
    ("qwen2.context_length", 256, U32, None),
    (TOKENS, ["a", "b", "c"], ARRAY, STRING),
    (SCORES, [0.0, 0.0, 0.0], ARRAY, F32),
    (KINDS, [1, 1, 3], ARRAY, I32),
    (MERGES, ["a b"], ARRAY, STRING),
    ("tokenizer.ggml.eos_token_id", 2, U32, None),
]


def written(path: Path, *fields: Field) -> Path:
    """A GGUF file without weights whose fields are sound but for those that are given."""
    writer = GGUFWriter(str(path), "qwen2")
    for key, value, kind, inner in {field[0]: field for field in (*SOUND, *fields)}.values():
        writer.add_key_value(key, value, kind, inner)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def with_tensors(path: Path, *tensors: tuple[str, int, int]) -> Path:
    """A GGUF file of float tensors, each (name, elements, offset), and a kilobyte of data."""

    def text(value: str) -> bytes:
        return struct.pack("<Q", len(value)) + value.encode()

    header = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), 0)
    for name, elements, offset in tensors:
        header += text(name) + struct.pack("<IQIQ", 1, elements, 0, offset)
    path.write_bytes(header + b"\0" * (-len(header) % 32) + b"\0" * 1024)
    return path


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return write_tiny_gguf(tmp_path_factory.mktemp("model") / "tiny.gguf", width=16, layers=1).read_bytes()


def test_a_header_says_what_the_file_is(tiny: bytes, tmp_path: Path) -> None:
    (tmp_path / "m.gguf").write_bytes(tiny)
    header = read_header(tmp_path / "m.gguf")
    assert header.architecture == "qwen2"
    assert header.context_length == 2048
    assert header.metadata["lamforge.format"] == "xlam-qwen/always"
    assert TOKENS not in header.metadata  # it is long
    assert header.tokens[-1] == "<|im_end|>"


def test_a_sound_file_is_read(tmp_path: Path) -> None:
    header = read_header(written(tmp_path / "m.gguf"))
    assert (header.tokens, header.context_length, header.metadata[MERGES]) == (["a", "b", "c"], 256, ["a b"])


@pytest.mark.parametrize(
    ("field", "said"),
    [
        (("qwen2.context_length", 0, U32, None), "'qwen2.context_length': 0 is no number of tokens"),
        (("qwen2.context_length", -1, I32, None), "'qwen2.context_length': -1"),
        (("qwen2.context_length", 1 << 40, GGUFValueType.UINT64, None), "'qwen2.context_length': 1099511627776"),
        (("qwen2.context_length", 256.0, F32, None), "'qwen2.context_length': 256.0"),
        (("qwen2.context_length", True, GGUFValueType.BOOL, None), "'qwen2.context_length': True"),
        (("qwen2.context_length", "256", STRING, None), "'qwen2.context_length': '256'"),
        (("qwen2.context_length", [256], ARRAY, U32), "'qwen2.context_length'"),
        ((TOKENS, [1, 2, 3], ARRAY, I32), f"{TOKENS} is no list of strings"),
        ((TOKENS, "abc", STRING, None), f"{TOKENS} is no list of strings"),
        ((TOKENS, ["a"], ARRAY, STRING), f"{SCORES} has 3 elements for 1 tokens"),
        ((MERGES, [1], ARRAY, I32), f"{MERGES} is no list of strings"),
        ((SCORES, [0.0], ARRAY, F32), f"{SCORES} has 1 elements for 3 tokens"),
        ((SCORES, [0, 0, 0], ARRAY, I32), f"{SCORES} is no list of decimal numbers"),
        ((KINDS, [1] * 100, ARRAY, I32), f"{KINDS} has 100 elements for 3 tokens"),
        ((KINDS, ["a", "b", "c"], ARRAY, STRING), f"{KINDS} is no list of whole numbers"),
        ((KINDS, 1, I32, None), f"{KINDS} is no list of whole numbers"),
        (("general.alignment", 3, U32, None), "general.alignment: 3 is no power of two"),
    ],
)
def test_a_field_that_makes_no_sense_is_named_with_the_file(tmp_path: Path, field: Field, said: str) -> None:
    with pytest.raises(ModelError) as caught:
        read_header(written(tmp_path / "m.gguf", field))
    assert said in str(caught.value)
    assert str(tmp_path / "m.gguf") in str(caught.value)


@pytest.mark.parametrize(
    ("tensors", "said"),
    [
        ([("a", 16, 0), ("b", 16, 64)], None),
        ([("b", 16, 64), ("a", 16, 0)], None),
        ([("a", 17, 0), ("b", 16, 64)], "tensor 'b' lies on tensor 'a'"),
        ([("a", 16, 32), ("b", 64, 0)], "tensor 'a' lies on tensor 'b'"),
        ([("a", 16, 0), ("b", 16, 0)], "lies on tensor"),
        ([("a", 16, 0), ("a", 16, 64)], "two tensors have the same name"),
        ([("a", 16, 1024)], "its weights need 1152 bytes, the file has 1088"),
        ([("a", 1 << 62, 0)], "its weights need"),
    ],
)
def test_tensors_lie_inside_the_file_and_on_no_other(
    tmp_path: Path, tensors: list[tuple[str, int, int]], said: str | None
) -> None:
    path = with_tensors(tmp_path / "m.gguf", *tensors)
    if said is None:
        assert read_header(path).parameters == 32
    else:
        with pytest.raises(ModelError, match=said):
            read_header(path)


def test_a_key_that_is_given_twice_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "m.gguf", ("a", 1, U32, None), ("b", 2, U32, None))
    path.write_bytes(path.read_bytes().replace(b"\1" + b"\0" * 7 + b"b", b"\1" + b"\0" * 7 + b"a"))
    with pytest.raises(ModelError, match="'a' is given twice"):
        read_header(path)


def read_without_a_crash(path: Path) -> None:
    try:
        header, claims = read_header(path), read_claims(path)
    except ModelError as error:
        assert str(path) in str(error)
    else:
        assert header.context_length is None or header.context_length > 0
        assert claims.vocabulary == frozenset(header.tokens)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 4000) | st.integers(0, 60_000), st.binary(min_size=1, max_size=8)), max_size=3)
)
def test_a_damaged_file_is_an_error_and_never_a_crash(
    tiny: bytes, tmp_path_factory: Any, damages: list[tuple[int, bytes]]
) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "m.gguf"
    damaged = tiny
    for place, junk in damages:
        damaged = damaged[:place] + junk + damaged[place + len(junk) :]
    path.write_bytes(damaged)
    read_without_a_crash(path)


numbers = {
    U32: st.integers(0, 2**32 - 1),
    I32: st.integers(-(2**31), 2**31 - 1),
    GGUFValueType.UINT64: st.integers(0, 2**64 - 1),
    GGUFValueType.INT64: st.integers(-(2**63), 2**63 - 1),
    F32: st.floats(width=32),
    GGUFValueType.BOOL: st.booleans(),
    STRING: st.text(max_size=12),
}
keys = st.sampled_from(
    ["general.architecture", "general.alignment", "general.name", "lamforge.format", "qwen2.context_length"]
    + ["tokenizer.chat_template", "tokenizer.chat_template.tool_use", TOKENS, SCORES, KINDS, MERGES]
    + [f"tokenizer.ggml.{name}_token_id" for name in ("bos", "eos", "padding", "unknown")]
)


@st.composite
def fields(draw: st.DrawFn) -> Field:
    kind = draw(st.sampled_from(list(numbers)))
    if draw(st.booleans()):
        return draw(keys), draw(numbers[kind]), kind, None
    return draw(keys), draw(st.lists(numbers[kind], min_size=1, max_size=4)), ARRAY, kind


@settings(max_examples=200, deadline=None)
@given(st.lists(fields(), max_size=4))
def test_any_metadata_is_read_or_refused(tmp_path_factory: Any, changed: list[Field]) -> None:
    read_without_a_crash(written(tmp_path_factory.mktemp("fuzz") / "m.gguf", *changed))
