"""Supervision of the llama.cpp child process: start, watch, restart, end."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import secrets
import select
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from pathlib import Path
from typing import Any

from lamforge.errors import EngineError

_START_TIMEOUT = 120.0  # seconds to load a model
_RESTARTS = 5  # within _RESTART_WINDOW, then the model is given up
_RESTART_WINDOW = 60.0  # seconds
_LOG_TAIL = 1500  # bytes of llama.cpp's own log that an error shows

_alive: weakref.WeakSet[LlamaProcess] = weakref.WeakSet()


class LlamaProcess:
    """One child with one model. `address` starts or restarts it when needed."""

    def __init__(self, path: Path, *, context: int, slots: int, threads: int) -> None:
        self.key = secrets.token_hex(16)
        self._settings = {"path": str(path), "context": context, "slots": slots, "threads": threads, "key": self.key}
        self._child: subprocess.Popen[bytes] | None = None
        self._address = ""
        self._starts: list[float] = []
        self._lock = threading.Lock()
        self._log: Any = None
        _alive.add(self)

    @property
    def pid(self) -> int | None:
        """The child's process id, while it runs."""
        return self._child.pid if self.running and self._child else None

    @property
    def running(self) -> bool:
        """Whether the child is alive."""
        return self._child is not None and self._child.poll() is None

    def address(self) -> str:
        """The child's base URL on the loopback interface; starts the child if it does not run. Blocks while it loads.

        Raises:
            EngineError: if it does not start, or has died too often.
        """
        with self._lock:
            if not self.running:
                self._start()
            return self._address

    def stop(self) -> None:
        """Ends the child."""
        child, self._child = self._child, None
        if child is None:
            return
        with contextlib.suppress(OSError):
            if child.stdin:
                child.stdin.close()
        try:
            child.wait(timeout=2)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()

    def settle(self) -> None:
        """Waits a moment for a child whose connection broke: if it died, the next request must know."""
        if self._child is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._child.wait(timeout=1)

    def log_tail(self) -> str:
        """The last lines of llama.cpp's own log."""
        if self._log is None:
            return ""
        self._log.seek(0, os.SEEK_END)
        self._log.seek(max(0, self._log.tell() - _LOG_TAIL))
        return self._log.read().decode("utf-8", errors="replace").strip()

    def _start(self) -> None:
        now = time.monotonic()
        self._starts = [start for start in self._starts if now - start < _RESTART_WINDOW]
        if len(self._starts) >= _RESTARTS:
            raise EngineError(
                f"the engine died {_RESTARTS} times within a minute\n{self.log_tail()}", where=self._settings["path"]
            )
        self._starts.append(now)
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the child
        command = [sys.executable, "-m", "lamforge.engines.llama_child"]
        self._child = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, start_new_session=True
        )
        assert self._child.stdin and self._child.stdout
        try:
            self._child.stdin.write(json.dumps(self._settings).encode() + b"\n")
            self._child.stdin.flush()
        except OSError:
            pass  # it died already; the missing answer tells
        ready, _, _ = select.select([self._child.stdout], [], [], _START_TIMEOUT)
        line = self._child.stdout.readline() if ready else b""
        if not line:
            self._child.kill()
            self._child.wait()
            reason = "could not load the model" if ready else f"did not start within {_START_TIMEOUT:.0f} seconds"
            raise EngineError(f"the engine {reason}\n{self.log_tail()}", where=self._settings["path"])
        self._address = json.loads(line)["address"]


@atexit.register
def _stop_all() -> None:
    for process in list(_alive):
        process.stop()
