"""Lines of text files, plain or gzipped, one after the other: no more than the longest line is in memory."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

from lamforge.errors import DataError

MAX_LINE = 64 << 20  # bytes of one line: a conversation of millions of tokens; what is longer is no such file

_BOM = b"\xef\xbb\xbf"
_GZIP = b"\x1f\x8b"


def open_text(path: Path) -> IO[bytes]:
    """A file for reading, unpacked if it is gzipped, whatever it is called; raises OSError."""
    file = path.open("rb")
    if file.peek(2)[:2] != _GZIP:
        return file
    return cast(IO[bytes], gzip.GzipFile(fileobj=file))


def lines_of(path: Path, *, remedy: str | None = None) -> Iterator[tuple[int, bytes]]:
    """(number from 1, bytes) of each line that is not blank.

    Raises:
        DataError: if the file cannot be read, or naming the line that is too long.
    """
    number = 0
    try:
        with open_text(path) as file:
            while line := file.readline(MAX_LINE + 1):
                number += 1
                if len(line) > MAX_LINE:
                    raise DataError(f"is longer than {MAX_LINE:,} bytes", where=f"{path}:{number}", remedy=remedy)
                if number == 1:
                    line = line.removeprefix(_BOM)
                if not line.isspace():
                    yield number, line
    except (OSError, EOFError, zlib.error) as error:
        place = f"{path}:{number + 1}" if number else path
        raise DataError(f"cannot be read: {error}", where=place, remedy=remedy) from error
