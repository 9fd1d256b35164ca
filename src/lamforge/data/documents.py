"""Plain texts to rows in which every token has a loss, for pretraining."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lamforge.data.encoding import Encoder
from lamforge.data.rows import Row, Rows
from lamforge.errors import DataError


def read_documents(path: Path) -> Iterator[str]:
    """The texts of a file: all of it, or of a .jsonl what stands under "text" in each line.

    Raises:
        DataError: naming the file and the line that is wrong.
    """
    remedy = 'Give a text file, or JSON lines such as {"text": "..."}.'
    try:
        if path.suffix != ".jsonl":
            yield path.read_text(encoding="utf-8")
            return
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield _text(line, f"{path}:{number}", remedy)
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot be read: {error}", where=path, remedy=remedy) from error


def _text(line: str, where: str, remedy: str) -> str:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise DataError(f"is no JSON: {error}", where=where, remedy=remedy) from error
    if not isinstance(value, dict) or not isinstance(value.get("text"), str):
        raise DataError('has no "text"', where=where, remedy=remedy)
    return str(value["text"])


def make_document_rows(paths: list[Path], tokenizer: Any, end: str, max_length: int) -> Rows:
    """One row for each text, with the end-of-text token `end`; a longer text is continued in further rows.

    Raises:
        DataError: if a file is wrong, or there is no text.
    """
    encoder = Encoder(tokenizer, [end])
    ending = tokenizer.convert_tokens_to_ids(end)
    data = Rows(prefixes=[array("i")])
    for path in paths:
        for text in read_documents(path):
            tokens = encoder.tokens(text)
            if not tokens:
                continue
            tokens.append(ending)
            starts = range(0, len(tokens), max_length)
            data.split += len(starts) > 1
            pieces = [tokens[start : start + max_length] for start in starts]
            data.rows += [Row(0, piece, b"\1" * len(piece)) for piece in pieces]
    if not data.rows:
        raise DataError("nothing to train on: no text", where=", ".join(map(str, paths)))
    return data
