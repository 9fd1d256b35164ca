"""Writing a file whole or not at all. It knows files, nothing of what is in them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from lamforge.errors import OutputError

_REMEDY = "Choose another folder, or free its place and check who may write there."


def write_atomically(path: str | Path, content: str | bytes | Iterable[str | bytes]) -> None:
    """Replaces a file with new content: a reader sees the old file or the new one, never a part, even after a crash.

    Args:
        path: The file; its folder must exist.
        content: All of it, as text (written as UTF-8) or bytes, or an iterable of pieces
            that are written as they are, like `writelines`.
    Raises:
        OutputError: if the file cannot be written; the old one is then untouched.
    """
    path = Path(path)
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with draft.open("wb") as file:
            for piece in _pieces(content):
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        sync(path.parent)
    except BaseException as error:
        with suppress(OSError):
            draft.unlink()
        if isinstance(error, OSError):
            raise cannot_write(path, error) from error
        raise


def cannot_write(path: Path, error: OSError) -> OutputError:
    """The error for a file that the system does not let us write."""
    return OutputError(f"cannot be written: {error.strerror or error}", where=path, remedy=_REMEDY)


def sync(path: Path) -> None:
    """Makes a file's content durable, or a folder's names: without it a power cut may lose a new or renamed file."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _pieces(content: str | bytes | Iterable[str | bytes]) -> Iterable[bytes]:
    if isinstance(content, str | bytes):
        yield _encoded(content)
        return
    for piece in content:
        yield _encoded(piece)


def _encoded(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode()
