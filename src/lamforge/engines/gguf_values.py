"""The values that a GGUF file's header is made of, read from strangers' bytes: every size in them is bounded.

Layout: ggml's docs/gguf.md, versions 2 and 3.
"""

from __future__ import annotations

import struct
from typing import Any, BinaryIO, NamedTuple

STRING, ARRAY, FLOAT32 = 8, 9, 6  # metadata types
INTEGERS = (0, 1, 2, 3, 4, 5, 10, 11)

_MAX_ARRAY = 10_000_000  # elements of one array, such as a vocabulary
_MAX_STRING = 64 << 20  # bytes of one string, such as a chat template
_KEPT_NUMBERS = 64  # of one array; longer ones, such as the scores of tokens, are skipped
_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}


class Truncated(Exception):
    """The file ends before what it claims to hold."""

    def __init__(self, detail: str = "its header breaks off") -> None:
        super().__init__(detail)


class Array(NamedTuple):
    """A list of metadata."""

    kind: int  # the type of its elements
    length: int
    values: list[Any]  # empty if it is a long one of numbers


def scalar(file: BinaryIO, code: str) -> Any:
    """The next number, `code` as in Python's struct.

    Raises:
        Truncated: if the file ends before.
    """
    data = _bytes(file, struct.calcsize(code))
    return struct.unpack("<" + code, data)[0]


def string(file: BinaryIO) -> str:
    """The next string.

    Raises:
        Truncated: if the file ends before.
        ValueError: if it claims to be too long.
    """
    length = scalar(file, "Q")
    if length > _MAX_STRING:
        raise ValueError(f"a string claims {length} bytes")
    return _bytes(file, length).decode("utf-8", errors="replace")


def value(file: BinaryIO, kind: int) -> Any:
    """The next value of a metadata type: a number, a bool, a string or an `Array`.

    Raises:
        Truncated: if the file ends before.
        ValueError: if the type is unknown, or a size makes no sense.
    """
    if kind in _SCALARS:
        return scalar(file, _SCALARS[kind])
    if kind == STRING:
        return string(file)
    if kind != ARRAY:
        raise ValueError(f"metadata type {kind} is unknown")
    inner, length = scalar(file, "I"), scalar(file, "Q")
    if length > _MAX_ARRAY or inner not in (*_SCALARS, STRING):
        raise ValueError(f"an array claims {length} elements of type {inner}")
    if inner == STRING:
        return Array(inner, length, [string(file) for _ in range(length)])
    code = f"<{length}{_SCALARS[inner]}"
    data = _bytes(file, struct.calcsize(code))
    return Array(inner, length, list(struct.unpack(code, data)) if length <= _KEPT_NUMBERS else [])


def _bytes(file: BinaryIO, count: int) -> bytes:
    data = file.read(count)
    if len(data) < count:
        raise Truncated
    return data
