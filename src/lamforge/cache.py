"""Results of pure functions, kept while their bytes are few: what strangers send must never fill the memory."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class ByteCache(Generic[Value]):
    """The latest values that were asked for, up to a number of bytes. Safe in threads.

    Args:
        limit: Bytes of all values together; a larger value is never kept.
        size: The bytes that a value takes.
    """

    def __init__(self, limit: int, size: Callable[[Value], int]) -> None:
        self._limit = limit
        self._size = size
        self._kept: OrderedDict[bytes, tuple[Value, int]] = OrderedDict()  # by what they were made from, oldest first
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, made_from: str, make: Callable[[], Value]) -> Value:
        """The value that was made from this text, made now if it is not kept; two threads may both make it."""
        key = hashlib.sha256(made_from.encode("utf-8", "surrogatepass")).digest()
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key][0]
        value = make()
        size = self._size(value)
        with self._lock:
            if key not in self._kept and size <= self._limit:
                self._kept[key] = value, size
                self._bytes += size
            while self._bytes > self._limit:
                self._bytes -= self._kept.popitem(last=False)[1][1]
        return value

    @property
    def bytes_kept(self) -> int:
        """Bytes of all values."""
        return self._bytes
