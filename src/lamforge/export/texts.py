"""Small files that a card is made of, read with their errors, and tables of Markdown."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from lamforge.errors import DataError, bounded

_WORD = re.compile(r"</[a-z]{1,10}>|[^\s'\"`()<>|,;]+")  # a closing tag is no path
_FILE = re.compile(r"\.(?:jsonl?|ya?ml|md|txt|gguf|parquet|safetensors|whl|zip|dat)$")


def without_paths(text: str) -> str:
    """A text for others to read: of each path on this machine only the last part is left."""
    return _WORD.sub(lambda found: _last_part(found[0]), text)


def _last_part(word: str) -> str:
    if word.startswith("<") or "://" in word or "/" not in word.replace("\\", "/"):
        return word
    plain = word.replace("\\", "/").rstrip("/:.")
    local = (
        plain.startswith(("/", "./", "../", "~"))
        or re.match(r"[A-Za-z]:/", plain)
        or plain.count("/") > 1
        or _FILE.search(plain)
        or Path(plain).exists()
    )
    return plain.rpartition("/")[2] + word[len(plain) :] if local and plain else word


def markdown_table(header: list[str], rows: Iterable[list[str]]) -> list[str]:
    """The lines of a table."""

    def line(cells: list[str]) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"

    return [line(header), line(["---"] * len(header)), *map(line, rows)]


def read_object(path: Path) -> dict[str, Any]:
    """A JSON object.

    Raises:
        DataError: if the file holds none.
    """
    try:
        value = json.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        raise DataError(f"is no JSON: {error}", where=path) from error
    if not isinstance(value, dict):
        raise DataError(f"is no JSON object: {bounded(value)}", where=path)
    return value


def read_text(path: Path) -> str:
    """A file's text.

    Raises:
        DataError: if it cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot be read: {error}", where=path, remedy="Check the path.") from error
