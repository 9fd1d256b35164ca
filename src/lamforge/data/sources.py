"""What else training reads in files of trajectories: texts for a tokenizer, words to copy, hashes for the record."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from lamforge.data.documents import Document, document_files
from lamforge.data.files import trajectory_files
from lamforge.data.mixture import is_mix
from lamforge.data.passes import read_items
from lamforge.data.rows import conversation
from lamforge.errors import DataError
from lamforge.formats import Format
from lamforge.messages import Trajectory, file_sha256

_WORD = re.compile(r"[^\W\d_]+")


def rendered_texts(paths: list[Path], fmt: Format, *, texts: bool = False, size: int | None = None) -> Iterator[str]:
    """The conversations as text, for training a tokenizer; with `texts`, plain texts as they are.

    Args:
        size: Bytes of the files that are enough: of larger ones each second item is taken, or each third, and so on.
    """
    files = [file for path in paths if size and not is_mix(path) for file in _files(path, texts)]
    every = max(1, sum(file.stat().st_size for file in files) // size) if size else 1
    for path in paths:
        for _, item in islice(read_items(path, texts=texts), 0, None, every):
            if isinstance(item, Document):
                yield item.text
            else:
                messages, tools = conversation(item, fmt)
                yield fmt.render(messages, tools)


def copied_words(paths: list[Path], *, texts: bool = False) -> set[str]:
    """The words (runs of letters) in the arguments of the calls: what a model must copy from its context."""
    words: set[str] = set()
    for path in paths:
        for _, item in read_items(path, texts=texts):
            for message in item.messages if isinstance(item, Trajectory) else ():
                for call in message.tool_calls or ():
                    for text in _strings(call.function.arguments):
                        words.update(_WORD.findall(text))
    return words


def _strings(value: Any) -> Iterator[str]:
    """The strings in a JSON value, keys left out."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _strings(item)


def data_hash(paths: list[Path], texts: bool = False) -> dict[str, str]:
    """File name -> SHA-256 of all files that the paths stand for, for the record of a run; `texts` as for training."""
    hashes = {}
    for path in (file for each in paths for file in _files(each, texts)):
        try:
            hashes[str(path)] = file_sha256(path)
        except OSError as error:
            raise DataError(f"cannot be read: {error.strerror}", where=path) from error
    return hashes


def _files(path: Path, texts: bool) -> list[Path]:
    return document_files(path) if texts and not is_mix(path) else trajectory_files(path)
