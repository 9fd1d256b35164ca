"""Plain texts in files, for pretraining: whole files, or JSON lines with "text"."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from lamforge.data.lines import lines_of
from lamforge.errors import DataError

_REMEDY = 'Give a text file, or JSON lines such as {"text": "..."}.'
_LINES = (".jsonl", ".jsonl.gz")
_SUFFIXES = (*_LINES, ".txt", ".md")


class Document(NamedTuple):
    """A plain text."""

    text: str


def document_files(path: Path) -> list[Path]:
    """The files of texts that a path stands for, in the order of their names.

    Raises:
        DataError: if it does not exist, or is a folder without such files.
    """
    if not path.is_dir():
        if path.exists():
            return [path]
        raise DataError("cannot be read: no such file or folder", where=path, remedy=_REMEDY)
    files = sorted(each for each in path.iterdir() if each.name.endswith(_SUFFIXES) and each.is_file())
    if not files:
        raise DataError(f"has no file that ends in {', '.join(_SUFFIXES)}", where=path, remedy=_REMEDY)
    return files


def holds_lines(path: Path) -> bool:
    """Whether each line of a file is a record; else all of it is one text."""
    return path.name.endswith(_LINES)


def holds_conversations(path: Path) -> bool:
    """Whether a file of JSON lines begins with a conversation, not with a text; raises DataError if it has no JSON."""
    if not holds_lines(path):
        return path.name.endswith(".parquet")
    for number, line in lines_of(path, remedy=_REMEDY):
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise DataError(f"is no JSON: {error}", where=f"{path}:{number}", remedy=_REMEDY) from error
        return isinstance(value, dict) and "messages" in value and "text" not in value
    return False


def read_documents(path: Path) -> Iterator[str]:
    """The texts of a file: all of it, or of a .jsonl what stands under "text" in each line.

    Raises:
        DataError: naming the file and the line that is wrong.
    """
    if holds_lines(path):
        for number, line in lines_of(path, remedy=_REMEDY):
            yield read_document(line, f"{path}:{number}").text
        return
    try:
        yield path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot be read: {error}", where=path, remedy=_REMEDY) from error


def read_document(line: bytes, where: str) -> Document:
    """The text of a line; raises DataError, naming the place, if it is none."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise DataError(f"is no JSON: {error}", where=where, remedy=_REMEDY) from error
    if not isinstance(value, dict) or not isinstance(value.get("text"), str):
        raise DataError('has no "text"', where=where, remedy=_REMEDY)
    return Document(value["text"])
