"""Which tensor gets which type."""

from __future__ import annotations

import pytest

from lamforge.export.encodings import ENCODINGS, Shape, tensor_type
from lamforge.export.quantizer import row_bytes

# hidden, layers, heads, kv heads, inner, vocabulary, tied; and the sizes in GB of the files that llama.cpp's own tool
# made of these models, as their download pages list them.
MODELS = {
    "Qwen2.5-3B": (
        (2048, 36, 16, 2, 11008, 151936, True),
        {"Q6_K": 2.54, "Q5_K_M": 2.22, "Q4_K_M": 1.93, "Q3_K_M": 1.59},
    ),
    "Qwen2.5-32B": (
        (5120, 64, 40, 8, 27648, 152064, False),
        {"Q8_0": 34.82, "Q6_K": 26.89, "Q5_K_M": 23.26, "Q4_K_M": 19.85, "Q3_K_M": 15.94, "Q2_K": 12.31},
    ),
    "Llama-3.1-8B": (
        (4096, 32, 32, 8, 14336, 128256, False),
        {"Q8_0": 8.54, "Q6_K": 6.60, "Q5_K_M": 5.73, "Q4_K_M": 4.92, "Q3_K_M": 4.02, "Q2_K": 3.18},
    ),
    "Llama-3.1-70B": (
        (8192, 80, 64, 8, 28672, 128256, False),
        {"Q6_K": 57.89, "Q5_K_M": 49.95, "Q4_K_M": 42.52, "Q3_K_M": 34.27, "Q2_K": 26.38},
    ),
}


def tensors(
    hidden: int, layers: int, heads: int, kv: int, inner: int, words: int, tied: bool
) -> dict[str, tuple[int, int]]:
    keys = hidden // heads * kv
    parts = {
        "attn_q": (hidden, hidden),
        "attn_k": (keys, hidden),
        "attn_v": (keys, hidden),
        "attn_output": (hidden, hidden),
        "ffn_gate": (inner, hidden),
        "ffn_up": (inner, hidden),
        "ffn_down": (hidden, inner),
    }
    whole = {"token_embd.weight": (words, hidden)} | ({} if tied else {"output.weight": (words, hidden)})
    return whole | {f"blk.{layer}.{part}.weight": shape for layer in range(layers) for part, shape in parts.items()}


@pytest.mark.parametrize("name", MODELS)
def test_files_of_the_known_models_have_the_sizes_that_llama_cpp_gives_them(name: str) -> None:
    numbers, sizes = MODELS[name]
    shape = Shape(numbers[1], numbers[2] // numbers[3], numbers[6])
    for encoding, gigabytes in sizes.items():
        total = sum(
            rows * row_bytes(tensor_type(ENCODINGS[encoding.lower()], tensor, (rows, columns), shape), columns)
            for tensor, (rows, columns) in tensors(*numbers).items()
        )
        header = 0.015  # the vocabulary and the norms: at most this many GB
        assert total / 1e9 <= gigabytes + 0.005 and gigabytes - header - 0.005 <= total / 1e9, encoding


@pytest.mark.parametrize(
    ("encoding", "columns", "kind"),
    [
        ("q2_k", 320, "Q4_0"),
        ("q3_k_m", 320, "Q4_0"),
        ("q4_k_m", 320, "Q5_0"),
        ("q5_k_m", 320, "Q5_1"),
        ("q6_k", 320, "Q8_0"),
        ("q4_k_m", 120, "F16"),
        ("q8_0", 120, "F16"),
        ("bf16", 120, "BF16"),
        ("f32", 7, "F32"),
    ],
)
def test_rows_that_do_not_fill_a_types_blocks_get_the_next_type_that_fits(
    encoding: str, columns: int, kind: str
) -> None:
    assert tensor_type(ENCODINGS[encoding], "blk.1.ffn_up.weight", (64, columns), Shape(16, 1, False)) == kind


def test_the_output_gets_more_bits_wherever_it_stands() -> None:
    for tied, name in ((False, "output.weight"), (True, "token_embd.weight")):
        assert tensor_type(ENCODINGS["q2_k"], name, (512, 256), Shape(16, 1, tied)) == "Q6_K"
        assert tensor_type(ENCODINGS["q8_0"], name, (512, 256), Shape(16, 1, tied)) == "Q8_0"
        assert tensor_type(ENCODINGS["q4_k_m"], name, (512, 320), Shape(16, 1, tied)) == "Q8_0"
    assert tensor_type(ENCODINGS["q2_k"], "token_embd.weight", (512, 256), Shape(16, 1, False)) == "Q2_K"


def test_vectors_are_never_rounded() -> None:
    for encoding in ENCODINGS.values():
        assert tensor_type(encoding, "blk.0.attn_q.bias", (256,), Shape(16, 1, False)) == "F32"
        assert tensor_type(encoding, "blk.0.attn_norm.weight", (256,), Shape(16, 1, False)) == "F32"
