"""A GGUF file's header, checked in Python before native code sees the file.

Sizes in the file are claims of whoever wrote it: each is bounded, and every tensor must lie inside the file
(CVE-2026-7482 is what happens otherwise). Layout: ggml's docs/gguf.md, versions 2 and 3.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from lamforge.errors import ModelError, bounded

_MAGIC = b"GGUF"
_MAX_COUNT = 100_000  # metadata keys, tensors
_MAX_ARRAY = 10_000_000  # elements of one array, such as a vocabulary
_MAX_STRING = 64 << 20  # bytes of one string, such as a chat template
_MAX_DIMENSIONS = 4
_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9
_KEPT_ARRAY = 64  # longer arrays, such as vocabularies, are skipped


class _Truncated(Exception):
    def __init__(self, detail: str = "its header breaks off") -> None:
        super().__init__(detail)


@dataclass(frozen=True)
class Header:
    """What a GGUF file says of itself."""

    metadata: dict[str, Any]  # arrays of more than 64 elements are left out
    parameters: int  # weights in all tensors

    @property
    def architecture(self) -> str:
        """Such as "qwen2"."""
        return str(self.metadata.get("general.architecture", ""))

    @property
    def context_length(self) -> int | None:
        """Tokens that the model was made for."""
        value = self.metadata.get(f"{self.architecture}.context_length")
        return value if isinstance(value, int) else None


def read_header(path: Path) -> Header:
    """Reads and checks a file's header.

    Raises:
        ModelError: if it is no GGUF file, or truncated, or its sizes make no sense.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            return _read(file, size)
    except OSError as error:
        raise ModelError(f"cannot be read: {error.strerror}", where=path, remedy="Check the path.") from error
    except (_Truncated, UnicodeDecodeError, ValueError) as error:
        what = f"is truncated: {error}" if isinstance(error, _Truncated) else f"is not a sound GGUF file: {error}"
        raise ModelError(what, where=path, remedy="Export or download the file again.") from error


def _read(file: BinaryIO, size: int) -> Header:
    if file.read(4) != _MAGIC:
        raise ValueError("it does not start with the letters GGUF")
    version = _scalar(file, "I")
    if version not in (2, 3):
        raise ValueError(f"version {version} is unknown")
    tensors, keys = _scalar(file, "Q"), _scalar(file, "Q")
    if max(tensors, keys) > _MAX_COUNT:
        raise ValueError(f"it claims {tensors} tensors and {keys} keys")
    metadata = {}
    for _ in range(keys):
        key = _string(file)
        value = _value(file, _scalar(file, "I"))
        if value is not None:
            metadata[key] = value
    alignment = metadata.get("general.alignment", 32)
    if not isinstance(alignment, int) or alignment < 1 or alignment & (alignment - 1):
        raise ValueError(f"alignment {bounded(alignment)} is no power of two")
    parameters, end = 0, 0
    for _ in range(tensors):
        count, last = _tensor(file, alignment)
        parameters, end = parameters + count, max(end, last)
    start = -(-file.tell() // alignment) * alignment
    if start + end > size:
        raise _Truncated(f"its weights need {start + end} bytes, the file has {size}")
    return Header(metadata, parameters)


def _tensor(file: BinaryIO, alignment: int) -> tuple[int, int]:
    """(weights, end of the data after the start of all data) of the next tensor."""
    from gguf import GGML_QUANT_SIZES, GGMLQuantizationType

    name = _string(file)
    dimensions = _scalar(file, "I")
    if dimensions > _MAX_DIMENSIONS:
        raise ValueError(f"tensor {bounded(name)} has {dimensions} dimensions")
    shape = [_scalar(file, "Q") for _ in range(dimensions)]
    kind, offset = _scalar(file, "I"), _scalar(file, "Q")
    block, bytes_per_block = GGML_QUANT_SIZES[GGMLQuantizationType(kind)]
    weights = math.prod(shape)
    if min(shape, default=1) < 1:
        raise ValueError(f"tensor {bounded(name)} has an empty dimension")
    if offset % alignment or weights % block or (shape and shape[0] % block):
        raise ValueError(f"tensor {bounded(name)} is misaligned")
    return weights, offset + weights // block * bytes_per_block


def _scalar(file: BinaryIO, code: str) -> Any:
    data = file.read(struct.calcsize(code))
    if len(data) < struct.calcsize(code):
        raise _Truncated
    return struct.unpack("<" + code, data)[0]


def _string(file: BinaryIO) -> str:
    length = _scalar(file, "Q")
    if length > _MAX_STRING:
        raise ValueError(f"a string claims {length} bytes")
    data = file.read(length)
    if len(data) < length:
        raise _Truncated
    return data.decode("utf-8", errors="replace")


def _value(file: BinaryIO, kind: int) -> Any:
    if kind in _SCALARS:
        return _scalar(file, _SCALARS[kind])
    if kind == _STRING:
        return _string(file)
    if kind != _ARRAY:
        raise ValueError(f"metadata type {kind} is unknown")
    inner, count = _scalar(file, "I"), _scalar(file, "Q")
    if count > _MAX_ARRAY or inner == _ARRAY:
        raise ValueError(f"an array claims {count} elements of type {inner}")
    if inner in _SCALARS and count > _KEPT_ARRAY:
        if len(file.read(struct.calcsize(_SCALARS[inner]) * count)) < struct.calcsize(_SCALARS[inner]) * count:
            raise _Truncated
        return None
    values = [_value(file, inner) for _ in range(count)]
    return values if count <= _KEPT_ARRAY else None
