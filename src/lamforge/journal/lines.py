"""One record as one line of a journal: JSON that carries the CRC-32 of the record's own bytes."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lamforge.errors import DataError, bounded

_HEAD = b'{"crc":"'
_MIDDLE = b'","record":'
_BODY = len(_HEAD) + 8 + len(_MIDDLE)  # where the record starts; the CRC has 8 hexadecimal digits


def encode_line(record: dict[str, Any]) -> bytes:
    """The record's line, newline included. Pure ASCII, so that even a lone surrogate survives the way to disk."""
    body = json.dumps(record, separators=(",", ":")).encode()
    return b"%s%08x%s%s}\n" % (_HEAD, zlib.crc32(body), _MIDDLE, body)


def decode_line(line: bytes) -> dict[str, Any] | None:
    """The record of a line, or None if the line is not exactly as it was written."""
    body = line[_BODY:-2]
    if line != b"%s%08x%s%s}\n" % (_HEAD, zlib.crc32(body), _MIDDLE, body):
        return None
    try:
        return json.loads(body)
    except ValueError:
        return None


def is_torn(tail: bytes) -> bool:
    """Whether bytes without a newline can be the beginning of a line, or blocks that a power cut left empty."""
    return tail[: len(_HEAD)] == _HEAD[: len(tail)] or not tail.strip(b"\0")


def read_journal(path: str | Path) -> Iterator[dict[str, Any]]:
    """The records of a journal in the order of their writing; a torn last line is left out.

    It takes no lock, so that a running job can be looked at.

    Raises:
        DataError: naming file and line, if the file cannot be read or a line is not what was written.
    """
    return (record for record, _ in scan(Path(path)))


def scan(path: Path) -> Iterator[tuple[dict[str, Any], int]]:
    """Each record with the offset in bytes of the end of its line; raises as `read_journal` does."""
    end = 0
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if not line.endswith(b"\n") and is_torn(line):
                    return
                record = decode_line(line)
                if record is None:
                    raise DataError(
                        f"is not a journal line as it was written: {bounded(line.decode(errors='replace'), 60)}",
                        where=f"{path}:{number}",
                        remedy="Restore the file, or delete it from this line on and run the same command again.",
                    )
                end += len(line)
                yield record, end
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", where=path) from error
