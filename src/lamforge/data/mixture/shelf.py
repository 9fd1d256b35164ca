"""The conversations or texts of a source, any of them at hand: a place in a file for each, eight bytes of memory."""

from __future__ import annotations

import gzip
import json
import os
import tempfile
from array import array
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from lamforge.data.documents import Document, read_document, read_documents
from lamforge.data.files import read_each, read_line
from lamforge.data.learnable import refuse_measures
from lamforge.data.lines import MAX_LINE, open_text
from lamforge.data.mixture.settings import Source
from lamforge.errors import DataError
from lamforge.messages import Trajectory

Item = Trajectory | Document

_BOM = b"\xef\xbb\xbf"


class Shelf:
    """The conversations of files that meet the source's criteria, or its texts, in their order.

    Lines of plain JSONL are read where they are. What is packed is unpacked into a nameless file first.

    Raises:
        DataError: naming the place of a record that is wrong, or wanted and there to measure models.
    """

    def __init__(self, source: Source) -> None:
        self.left_out: Counter[str] = Counter()
        self._criteria = source.criteria
        self._read: Callable[[bytes, str], Item] = read_line if source.holds == "conversations" else read_document
        self._files: list[tuple[int, str]] = []  # descriptor, name
        self._places = array("Q")  # of each conversation: the number of its file << 48, and its offset in bytes
        for path in (file for each in source.path for file in source.files(each)):
            if _is_plain(path):
                self._index(path)
            elif source.holds == "conversations":
                self._unpack(path, read_each(path))
            else:
                self._unpack(path, ((str(path), Document(text)) for text in read_documents(path)))

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, number: int) -> Item:
        place = self._places[number]
        descriptor, name = self._files[place >> 48]
        return self._read(_line_at(descriptor, place & (1 << 48) - 1), f"{name}, byte {place & (1 << 48) - 1}")

    def _wanted(self, found: Item | DataError, where: str) -> bool:
        if isinstance(found, DataError):
            raise found
        if isinstance(found, Document):
            return bool(found.text)
        why = self._criteria.why_not(found)
        if why is not None:
            self.left_out[why] += 1
            return False
        refuse_measures(found, where)
        return True

    def _index(self, path: Path) -> None:
        """Notes the places of a plain file's conversations."""
        try:
            file = path.open("rb")
            self._files.append((os.dup(file.fileno()), str(path)))
            offset = 0
            with file:
                for number, line in enumerate(iter(lambda: file.readline(MAX_LINE + 1), b""), 1):
                    text = line.removeprefix(_BOM) if number == 1 else line
                    if len(line) > MAX_LINE:
                        raise DataError(f"is longer than {MAX_LINE:,} bytes", where=f"{path}:{number}")
                    if text.strip() and self._wanted(self._read(text, f"{path}:{number}"), f"{path}:{number}"):
                        self._places.append((len(self._files) - 1 << 48) + offset + len(line) - len(text))
                    offset += len(line)
        except OSError as error:
            raise DataError(f"cannot be read: {error.strerror}", where=path) from error

    def _unpack(self, path: Path, items: Iterator[tuple[str, Item | DataError]]) -> None:
        """Copies what is in a packed file to where it can be read in any order."""
        with tempfile.TemporaryFile() as file:
            self._files.append((os.dup(file.fileno()), str(path)))
            for where, found in items:
                if self._wanted(found, where) and not isinstance(found, DataError):
                    self._places.append((len(self._files) - 1 << 48) + file.tell())
                    text = (
                        json.dumps(found._asdict())
                        if isinstance(found, Document)
                        else found.model_dump_json(by_alias=True)
                    )
                    file.write(text.encode() + b"\n")

    def __del__(self) -> None:
        for descriptor, _ in self._files:
            os.close(descriptor)


def _is_plain(path: Path) -> bool:
    if not path.name.endswith(".jsonl"):
        return False
    try:
        with open_text(path) as file:
            return not isinstance(file, gzip.GzipFile)
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", where=path) from error


def _line_at(descriptor: int, offset: int) -> bytes:
    """The line that begins there; any thread or forked process may ask at the same time."""
    pieces: list[bytes] = []
    size = 1 << 14
    while piece := os.pread(descriptor, size, offset):
        end = piece.find(b"\n")
        if end >= 0:
            return b"".join([*pieces, piece[:end]])
        pieces.append(piece)
        offset, size = offset + len(piece), size * 2
    return b"".join(pieces)
