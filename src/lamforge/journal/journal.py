"""An append-only file of records with one writer. It knows bytes and the disk, nothing of what the records mean."""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from lamforge.errors import DataError, OutputError, bounded
from lamforge.journal.atomic import cannot_write, sync
from lamforge.journal.lines import encode_line, read_journal, scan

_GROUP = 32  # records that may wait for the disk together
_DELAY = 0.1  # seconds that a record waits at most before it is on its way to the disk

Key = tuple[Any, ...]


class Journal:
    """Records that stay: once `append` returns they survive `kill -9`, at most 0.1 s or 32 records later a power cut.

    Opening locks the file for this writer, drops a torn last line, and checks all others. A `with` block closes it.

    Args:
        path: The file; created if absent, its folder must exist.
        key: Names of the fields whose values together name a record; with them `keys` says what is already there.
    Raises:
        DataError: naming file and line, if a complete line is not what was written.
        OutputError: if the file cannot be written or another process writes it.
    """

    def __init__(self, path: str | Path, *, key: Sequence[str] = ()) -> None:
        self.path = Path(path)
        self.keys: set[Key] = set()
        self._fields = tuple(key)
        self._descriptor = _open_locked(self.path)
        self._written = 0  # records of this writer, counted from its opening
        self._durable = 0
        self._urgent = self._closing = False
        self._failure: OSError | None = None
        self._changed = threading.Condition()
        try:
            self._recover()
        except BaseException:
            os.close(self._descriptor)
            raise
        self._syncer = threading.Thread(target=self._sync_in_groups, name="journal", daemon=True)
        self._syncer.start()

    def append(self, record: dict[str, Any]) -> None:
        """Hands one record to the operating system; call `sync` where it must be on the disk before going on.

        Raises:
            DataError: if a record with its key is already there.
            OutputError: if it could not be written, or an earlier one did not reach the disk.
        """
        line = encode_line(record)
        key = self._key(record)
        with self._changed:
            self._check()
            if key in self.keys:
                raise DataError(f"already holds a record {bounded(key)}", where=self.path)
            self._write(line)
            if key:
                self.keys.add(key)
            self._written += 1
            if self._written - self._durable in (1, _GROUP):
                self._changed.notify_all()

    def sync(self) -> None:
        """Waits until every record appended so far is on the disk.

        Raises:
            OutputError: if one could not get there.
        """
        with self._changed:
            goal = self._written
            self._urgent = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._durable >= goal or self._failure is not None)
            self._check()

    def read(self) -> Iterator[dict[str, Any]]:
        """All records in the order of their writing, those of earlier runs included."""
        return read_journal(self.path)

    __iter__ = read

    def close(self) -> None:
        """Waits for the disk and gives the file free. Closing twice is harmless."""
        if self._closing:
            return
        try:
            self.sync()
        finally:
            with self._changed:
                self._closing = True
                self._changed.notify_all()
            self._syncer.join()
            os.close(self._descriptor)

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _recover(self) -> None:
        end = 0
        for record, end in scan(self.path):  # noqa: B007
            if key := self._key(record):
                self.keys.add(key)
        os.ftruncate(self._descriptor, end)
        os.lseek(self._descriptor, end, os.SEEK_SET)
        os.fsync(self._descriptor)

    def _key(self, record: dict[str, Any]) -> Key:
        return tuple(record[field] for field in self._fields)

    def _check(self) -> None:
        if self._failure is not None:
            raise cannot_write(self.path, self._failure)
        if self._closing:
            raise OutputError("is closed", where=self.path)

    def _write(self, line: bytes) -> None:
        """Writes a whole line or nothing: what a full disk cut off is taken back."""
        start = os.lseek(self._descriptor, 0, os.SEEK_CUR)
        rest = memoryview(line)
        try:
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
        except BaseException as error:
            os.ftruncate(self._descriptor, start)
            os.lseek(self._descriptor, start, os.SEEK_SET)
            if isinstance(error, OSError):
                raise cannot_write(self.path, error) from error
            raise

    def _sync_in_groups(self) -> None:
        """The second thread: one fdatasync for all records that came in while it waited."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._written > self._durable or self._closing)
                if self._closing and self._written == self._durable:
                    return
                self._changed.wait_for(self._group_is_due, timeout=_DELAY)
                written, self._urgent = self._written, False
            try:
                _to_disk(self._descriptor)
            except OSError as error:
                self._failure = error
            with self._changed:
                self._durable = written
                self._changed.notify_all()

    def _group_is_due(self) -> bool:
        return self._urgent or self._closing or self._written - self._durable >= _GROUP


_to_disk = getattr(os, "fdatasync", os.fsync)  # macOS has no fdatasync


def _open_locked(path: Path) -> int:
    """A descriptor that alone may write the file."""
    while True:
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError as error:
            raise cannot_write(path, error) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(descriptor).st_nlink:  # else: its last writer deleted it just before we got the lock
                sync(path.parent)
                return descriptor
        except BlockingIOError as error:
            os.close(descriptor)
            raise OutputError(
                "is being written by another process",
                where=path,
                remedy="Wait for it to end, stop it, or choose another output folder.",
            ) from error
        except OSError as error:
            os.close(descriptor)
            raise cannot_write(path, error) from error
        os.close(descriptor)
