"""Weights to the bytes of a GGUF type. K types are made by ggml itself, which the xllamacpp library exports.

Native code gets no array whose size, type or numbers were not checked before: an assertion in it would end the process.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Any

from lamforge.errors import ModelError, bounded

_FLOAT16_LIMIT = 65504.0  # the largest number of 16 bits
_SMALLEST = 1 << 20  # weights for which another thread is worth while
_MAX_THREADS = 16


def row_bytes(kind: str, columns: int) -> int:
    """Bytes of a row of a type such as "Q4_K"; `columns` must fill its blocks."""
    import gguf

    block, size = gguf.GGML_QUANT_SIZES[gguf.GGMLQuantizationType[kind]]
    assert columns % block == 0, (kind, columns)
    return columns // block * size


def encoded(weights: Any, kind: str, name: str = "", importance: Any = None) -> Any:
    """The bytes of rows of weights, as an array of the shape (rows, bytes).

    Args:
        weights: Finite 32-bit floats, of one or two dimensions.
        kind: A GGUF type, such as "F16" or "Q4_K".
        name: Of the tensor, for errors.
        importance: How much each column matters, positive numbers, or None; K types alone use it.
    Raises:
        ModelError: if a weight is too large for the type.
    """
    import numpy

    rows = numpy.ascontiguousarray(weights, dtype=numpy.float32).reshape(-1, weights.shape[-1])
    if kind == "F32":
        return rows.view(numpy.uint8)
    if kind == "F16":
        if float(numpy.abs(rows).max(initial=0.0)) > _FLOAT16_LIMIT:
            raise ModelError(
                f"tensor {bounded(name)} has weights beyond F16's {_FLOAT16_LIMIT:.0f}", remedy="Use bf16."
            )
        return rows.astype(numpy.float16).view(numpy.uint8)
    if kind == "BF16":
        return _rounded_to_bf16(rows)
    return _by_ggml(rows, kind, _checked(importance, rows.shape[1], name))


def _rounded_to_bf16(rows: Any) -> Any:
    """The upper halves of the floats, rounded to the nearest, ties to even."""
    import numpy

    bits = rows.view(numpy.uint32)
    return ((bits + (0x7FFF + ((bits >> 16) & 1))) >> 16).astype(numpy.uint16).view(numpy.uint8)


def _checked(importance: Any, columns: int, name: str) -> Any:
    import numpy

    if importance is None:
        return None
    values = numpy.ascontiguousarray(importance, dtype=numpy.float32).reshape(-1)
    if values.shape != (columns,) or not numpy.isfinite(values).all() or (values < 0).any():
        raise ModelError(
            f"the importance matrix does not fit tensor {bounded(name)}: {values.size} numbers for {columns} columns",
            remedy="Compute it for this very model.",
        )
    return values if values.any() else None  # nothing was seen there: ggml would divide by their sum


def _by_ggml(rows: Any, kind: str, importance: Any) -> Any:
    import gguf
    import numpy

    count, columns = rows.shape
    made = numpy.empty((count, row_bytes(kind, columns)), dtype=numpy.uint8)
    number, quantize = int(gguf.GGMLQuantizationType[kind]), _ggml()
    matters = None if importance is None else importance.ctypes.data

    def convert(start: int, stop: int) -> None:
        quantize(number, rows[start:].ctypes.data, made[start:].ctypes.data, 0, stop - start, columns, matters)

    threads = max(1, min(_MAX_THREADS, _cores(), rows.size // _SMALLEST))
    step = -(-count // threads)
    spans = [(start, min(start + step, count)) for start in range(0, count, step)]
    with ThreadPoolExecutor(threads) as pool:  # ctypes lets go of Python's lock
        for done in [pool.submit(convert, *span) for span in spans]:
            done.result()
    return made


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@lru_cache(maxsize=1)
def _ggml() -> Any:
    """ggml_quantize_chunk(type, floats, bytes, first weight, rows, columns, importance or NULL) -> bytes written."""
    spec = importlib.util.find_spec("xllamacpp.xllamacpp")
    try:
        function = ctypes.CDLL(str(spec.origin if spec else None)).ggml_quantize_chunk
    except (OSError, AttributeError) as error:
        raise ModelError(
            "this build of xllamacpp does not export ggml's quantiser",
            remedy="Install the version in constraints.txt, or use --type f16, bf16 or f32.",
        ) from error
    function.restype = ctypes.c_size_t
    pointers, numbers = (ctypes.c_void_p, ctypes.c_void_p), (ctypes.c_int64,) * 3
    function.argtypes = (ctypes.c_int, *pointers, *numbers, ctypes.c_void_p)
    return function
