"""Weights to bytes and back."""

from __future__ import annotations

import gguf
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from lamforge.errors import ModelError
from lamforge.export.quantizer import encoded, row_bytes

# Root mean square of the error, as a share of that of Gaussian weights: about 2**-bits of each type.
ERRORS = {
    "Q8_0": 0.006,
    "Q6_K": 0.02,
    "Q5_K": 0.04,
    "Q4_K": 0.08,
    "Q3_K": 0.17,
    "Q2_K": 0.33,
    "Q4_0": 0.1,
    "Q5_0": 0.05,
}


def back(data, kind: str):
    return gguf.quants.dequantize(data, gguf.GGMLQuantizationType[kind])


@pytest.mark.parametrize("kind", ERRORS)
def test_a_types_error_is_what_its_bits_explain(kind: str) -> None:
    weights = np.random.default_rng(0).standard_normal((48, 512)).astype(np.float32)
    data = encoded(weights, kind)
    assert data.shape == (48, row_bytes(kind, 512))
    error = np.sqrt(((back(data, kind) - weights) ** 2).mean())
    assert error < ERRORS[kind]


@pytest.mark.parametrize("kind", ["F32", "F16", "BF16"])
@given(weights=arrays.arrays(np.float32, (2, 8), elements=st.floats(-6e4, 6e4, width=32)))
def test_plain_types_round_to_the_nearest(kind: str, weights) -> None:
    made = back(encoded(weights, kind), kind)
    mantissa = {"F32": 24, "F16": 11, "BF16": 8}[kind]
    assert (np.abs(made - weights) <= np.maximum(np.abs(weights) * 2.0**-mantissa, 2.0**-25)).all()


def test_rows_are_the_same_however_many_threads_share_them(monkeypatch: pytest.MonkeyPatch) -> None:
    weights = np.random.default_rng(1).standard_normal((1025, 4096)).astype(np.float32)
    made = []
    for cores in (1, 4):
        monkeypatch.setattr("lamforge.export.quantizer._cores", lambda cores=cores: cores)
        made.append(encoded(weights, "Q6_K"))
    assert (made[0] == made[1]).all()


def test_columns_that_matter_more_are_kept_better() -> None:
    weights = np.random.default_rng(2).standard_normal((64, 256)).astype(np.float32)
    importance = np.where(np.arange(256) % 8 == 0, 100.0, 0.01).astype(np.float32)
    errors = [
        ((back(encoded(weights, "Q4_K", importance=given), "Q4_K") - weights) ** 2 * importance).mean()
        for given in (None, importance)
    ]
    assert errors[1] < 0.7 * errors[0]


def test_an_importance_of_other_columns_is_refused() -> None:
    weights = np.zeros((2, 256), dtype=np.float32)
    for wrong in (np.ones(128), np.full(256, np.nan), -np.ones(256)):
        with pytest.raises(ModelError, match="does not fit tensor 'a'"):
            encoded(weights, "Q4_K", "a", wrong)
    assert (encoded(weights, "Q4_K", "a", np.zeros(256)) == encoded(weights, "Q4_K", "a")).all()
