"""A GGUF file's header, checked in Python before native code sees the file.

Sizes in the file are claims of whoever wrote it: each is bounded, every tensor must lie inside the file (CVE-2026-7482
is what happens otherwise) and on no other, and lists that native code walks side by side must be of one length.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from lamforge.engines.gguf_values import FLOAT32, INTEGERS, STRING, Array, Truncated, scalar, string, value
from lamforge.errors import ModelError, bounded

_MAGIC = b"GGUF"
_MAX_COUNT = 100_000  # metadata keys, tensors
_MAX_DIMENSIONS = 4
_MAX_CONTEXT = (1 << 31) - 1  # tokens
_KEPT_ARRAY = 64  # elements; longer arrays are left out of the metadata
_TOKENS = "tokenizer.ggml.tokens"
_BESIDE_TOKENS = {"tokenizer.ggml.scores": (FLOAT32,), "tokenizer.ggml.token_type": INTEGERS}  # one for each token
_OF_STRINGS = (_TOKENS, "tokenizer.ggml.merges")


@dataclass(frozen=True)
class Header:
    """What a GGUF file says of itself."""

    metadata: dict[str, Any]  # arrays of more than 64 elements are left out
    tokens: list[str]  # the vocabulary; empty if there is none
    parameters: int  # weights in all tensors

    @property
    def architecture(self) -> str:
        """Such as "qwen2"; empty if the file does not say."""
        return _architecture(self.metadata)

    @property
    def context_length(self) -> int | None:
        """Tokens that the model was made for."""
        return self.metadata.get(f"{self.architecture}.context_length")


class _Tensor(NamedTuple):
    start: int  # bytes after the start of all data
    end: int
    weights: int
    name: str


def read_header(path: Path) -> Header:
    """Reads and checks a file's header.

    Raises:
        ModelError: if it is no GGUF file, or truncated, or what it says makes no sense; naming the field.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            return _read(file, size)
    except OSError as error:
        raise ModelError(f"cannot be read: {error.strerror}", where=path, remedy="Check the path.") from error
    except (Truncated, ValueError) as error:
        what = f"is truncated: {error}" if isinstance(error, Truncated) else f"is not a sound GGUF file: {error}"
        raise ModelError(what, where=path, remedy="Export or download the file again.") from error


def _read(file: BinaryIO, size: int) -> Header:
    if file.read(4) != _MAGIC:
        raise ValueError("it does not start with the letters GGUF")
    version = scalar(file, "I")
    if version not in (2, 3):
        raise ValueError(f"version {version} is unknown")
    tensors, keys = scalar(file, "Q"), scalar(file, "Q")
    if max(tensors, keys) > _MAX_COUNT:
        raise ValueError(f"it claims {tensors} tensors and {keys} keys")
    found = _metadata(file, keys)
    arrays = {key: one for key, one in found.items() if isinstance(one, Array)}
    _check_vocabulary(found)
    _check_context(found)
    alignment = found.get("general.alignment", 32)
    if type(alignment) is not int or alignment < 1 or alignment & (alignment - 1):
        raise ValueError(f"general.alignment: {bounded(alignment)} is no power of two")
    placed = [_tensor(file, alignment) for _ in range(tensors)]
    _check_places(placed, -(-file.tell() // alignment) * alignment, size)
    metadata = found | {key: one.values for key, one in arrays.items()}
    for key in (key for key, one in arrays.items() if one.length > _KEPT_ARRAY):
        del metadata[key]
    tokens = arrays[_TOKENS].values if _TOKENS in arrays else []
    return Header(metadata, tokens, sum(tensor.weights for tensor in placed))


def _metadata(file: BinaryIO, keys: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for _ in range(keys):
        key = string(file)
        if key in found:
            raise ValueError(f"{bounded(key)} is given twice")
        try:
            found[key] = value(file, scalar(file, "I"))
        except ValueError as error:
            raise ValueError(f"{bounded(key)}: {error}") from error
    return found


def _check_vocabulary(found: Mapping[str, Any]) -> None:
    """Native code reads these lists by the number of a token, and as the types that they should have."""
    for key in _OF_STRINGS:
        if key in found and not (isinstance(found[key], Array) and found[key].kind == STRING):
            raise ValueError(f"{key} is no list of strings")
    tokens = found[_TOKENS].length if _TOKENS in found else 0
    for key, kinds in _BESIDE_TOKENS.items():
        if key not in found:
            continue
        if not isinstance(found[key], Array) or found[key].kind not in kinds:
            raise ValueError(f"{key} is no list of {'decimal' if kinds == (FLOAT32,) else 'whole'} numbers")
        if found[key].length != tokens:
            raise ValueError(f"{key} has {found[key].length} elements for {tokens} tokens")


def _check_context(found: Mapping[str, Any]) -> None:
    key = f"{_architecture(found)}.context_length"
    length = found.get(key, 1)
    if type(length) is not int or not 0 < length <= _MAX_CONTEXT:
        raise ValueError(f"{bounded(key)}: {bounded(length)} is no number of tokens")


def _architecture(metadata: Mapping[str, Any]) -> str:
    named = metadata.get("general.architecture")
    return named if isinstance(named, str) else ""


def _tensor(file: BinaryIO, alignment: int) -> _Tensor:
    from gguf import GGML_QUANT_SIZES, GGMLQuantizationType

    name = string(file)
    dimensions = scalar(file, "I")
    if dimensions > _MAX_DIMENSIONS:
        raise ValueError(f"tensor {bounded(name)} has {dimensions} dimensions")
    shape = [scalar(file, "Q") for _ in range(dimensions)]
    kind, offset = scalar(file, "I"), scalar(file, "Q")
    if kind not in GGML_QUANT_SIZES:
        raise ValueError(f"tensor {bounded(name)} is of the unknown type {kind}")
    block, bytes_per_block = GGML_QUANT_SIZES[GGMLQuantizationType(kind)]
    weights = math.prod(shape)
    if weights < 1:
        raise ValueError(f"tensor {bounded(name)} has an empty dimension")
    if offset % alignment or weights % block or (shape and shape[0] % block):
        raise ValueError(f"tensor {bounded(name)} is misaligned")
    return _Tensor(offset, offset + weights // block * bytes_per_block, weights, name)


def _check_places(tensors: list[_Tensor], start: int, size: int) -> None:
    """Every tensor has a name and bytes of its own, inside the file."""
    for before, after in pairwise(sorted(tensors)):
        if after.start < before.end:
            raise ValueError(f"tensor {bounded(after.name)} lies on tensor {bounded(before.name)}")
    if len({tensor.name for tensor in tensors}) < len(tensors):
        raise ValueError("two tensors have the same name")
    needed = start + max((tensor.end for tensor in tensors), default=0)
    if needed > size:
        raise Truncated(f"its weights need {needed} bytes, the file has {size}")
