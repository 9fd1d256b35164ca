"""One process at a time asks a server, and each learns whether another one asked in between."""

from __future__ import annotations

import hashlib
import os
import secrets
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lamforge.errors import ServerError

_PAUSE_S = 0.02


class ServerLock:
    """A lock on a file that is named after the server; in it stands who used it last.

    Args:
        server: What is used: its address.
        wait_s: How long to wait for another process.
    """

    def __init__(self, server: str, wait_s: float) -> None:
        digest = hashlib.sha256(server.encode()).hexdigest()[:24]
        self._server = server
        self._wait_s = wait_s
        self._path = Path(tempfile.gettempdir()) / f"lamforge-server-{os.getuid()}-{digest}.lock"
        self._me = secrets.token_bytes(16)
        self._file: int | None = None

    @contextmanager
    def held(self) -> Iterator[bool]:
        """Holds the lock while the block runs; yields whether nobody else has held it since the last time.

        Raises:
            ServerError: if another process keeps it for too long.
        """
        import fcntl

        if self._file is None:
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        deadline = time.monotonic() + self._wait_s
        while True:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    what = f"has been used by another process for more than {self._wait_s:g} s"
                    remedy = "Wait until it has ended, or start a second server on another address."
                    raise ServerError(what, where=self._server, remedy=remedy) from None
                time.sleep(_PAUSE_S)
        try:
            undisturbed = os.pread(self._file, len(self._me), 0) == self._me
            if not undisturbed:
                os.pwrite(self._file, self._me, 0)
            yield undisturbed
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Gives the file back."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
