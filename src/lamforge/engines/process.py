"""Supervision of the llama.cpp child process: start, watch, restart, end."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import secrets
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from pathlib import Path
from typing import IO

from lamforge.errors import EngineError, LamforgeError, ModelError

_CHILD = Path(__file__).with_name("llama_child.py")
_START_TIMEOUT = 60.0  # seconds to start, beside the time to read the file
_SLOW_DISK = 50e6  # bytes a second
_RESTARTS = 5  # within _RESTART_WINDOW, then the model is given up
_RESTART_WINDOW = 60.0  # seconds
_BACK_OFF = 0.1  # seconds before the first restart; doubles with each
_FAREWELL = 2.0  # seconds for the child to end by itself
_LOG_LINES = 8  # of llama.cpp's own log, in an error
_LOG_TAIL = 4000  # bytes of it that are searched for them

_alive: weakref.WeakSet[LlamaProcess] = weakref.WeakSet()


class LlamaProcess:
    """One child with one model. `address` starts or restarts it when needed; after `close` it stays closed."""

    def __init__(
        self,
        path: Path,
        *,
        context: int,
        slots: int,
        threads: int,
        readers: int | None = None,
        lora: Path | None = None,
    ) -> None:
        self.key = secrets.token_hex(16)
        self._path = path
        self._settings: dict[str, object] = {
            "path": str(path),
            "context": context,
            "slots": slots,
            "threads": threads,
            "readers": readers or threads,
            "key": self.key,
        }
        if lora is not None:
            self._settings["lora"] = str(lora.absolute())
        self._child: subprocess.Popen[bytes] | None = None
        self._address = ""
        self._starts: list[float] = []
        self._starting = threading.Lock()
        self._log: IO[bytes] | None = None
        self._closed = False
        self.trouble: str | None = None  # why the last start failed, if it did
        _alive.add(self)

    @property
    def pid(self) -> int | None:
        """The child's process id, while it runs."""
        child = self._child
        return child.pid if child is not None and child.poll() is None else None

    @property
    def ready(self) -> str | None:
        """The child's base URL, if it runs and has loaded the model."""
        return self._address if self.pid is not None and self._address else None

    def address(self) -> str:
        """The child's base URL on the loopback interface; starts the child if it does not run. Blocks while it loads.

        Raises:
            ModelError: if llama.cpp cannot load the file.
            EngineError: if the child dies while it loads, or has died too often.
        """
        with self._starting:
            try:
                address = self.ready or self._start()
            except LamforgeError as error:
                self.trouble = error.what.partition("\n")[0]
                raise
            self.trouble = None
            return address

    def kill(self) -> None:
        """Ends a child that hangs; the next request starts another."""
        if (child := self._child) is not None:
            child.kill()

    def settle(self) -> None:
        """Waits a moment for a child whose connection broke: if it died, the next request must know."""
        if (child := self._child) is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(timeout=1)

    def close(self) -> None:
        """Ends the child, even while it loads, for good."""
        self._closed = True
        child = self._child
        if child is None:
            return
        with contextlib.suppress(OSError):
            if child.stdin:
                child.stdin.close()
        try:
            child.wait(timeout=_FAREWELL)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()

    def log_tail(self) -> str:
        """The last errors of llama.cpp's own log, or its last lines if it names none."""
        if self._log is None:
            return ""
        end = self._log.seek(0, os.SEEK_END)
        self._log.seek(max(0, end - _LOG_TAIL))
        lines = self._log.read().decode("utf-8", errors="replace").splitlines()
        errors = [line for line in lines if " E " in line]
        return "\n".join((errors or lines)[-_LOG_LINES:])

    def _start(self) -> str:
        self._await_turn()
        self._address = ""
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the child
        child = subprocess.Popen(
            [sys.executable, str(_CHILD)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env={**os.environ, "PYTHONSAFEPATH": "1"},  # no module of the user's folder is imported by mistake
            start_new_session=True,  # Ctrl-C reaches the parent, which ends the child
        )
        self._child = child
        limit = _START_TIMEOUT + self._path.stat().st_size / _SLOW_DISK
        timer = threading.Timer(limit, child.kill)
        timer.daemon = True
        timer.start()
        try:
            answer = self._handshake(child)
        finally:
            timer.cancel()
        if self._closed:
            child.kill()
            raise EngineError("the model is closed", where=self._path)
        if "address" not in answer:
            child.kill()
            reason = answer.get("error") or f"it ended, or took more than {limit:.0f} seconds"
            kind = ModelError if "error" in answer else EngineError
            raise kind(f"llama.cpp does not load the model: {reason}\n{self.log_tail()}", where=self._path)
        self._address = answer["address"]
        return self._address

    def _await_turn(self) -> None:
        """Waits before a restart, longer each time, and gives up after too many.

        Raises:
            EngineError: if the child died too often, or the model is closed.
        """
        now = time.monotonic()
        self._starts = [start for start in self._starts if now - start < _RESTART_WINDOW]
        if len(self._starts) >= _RESTARTS:
            raise EngineError(
                f"the engine died {_RESTARTS} times within a minute\n{self.log_tail()}",
                where=self._path,
                remedy="Its last words are above. Try a shorter context, fewer slots, or another file.",
            )
        if self._starts:
            time.sleep(_BACK_OFF * 2 ** (len(self._starts) - 1))
        if self._closed:
            raise EngineError("the model is closed", where=self._path)
        self._starts.append(time.monotonic())

    def _handshake(self, child: subprocess.Popen[bytes]) -> dict[str, str]:
        """The child's one line; empty if it ended without one."""
        assert child.stdin and child.stdout
        with contextlib.suppress(OSError, ValueError):  # it died already, or was closed; the missing answer tells
            child.stdin.write(json.dumps(self._settings).encode() + b"\n")
            child.stdin.flush()
        line = child.stdout.readline()
        return dict(json.loads(line)) if line else {}


@atexit.register
def _close_all() -> None:
    for process in list(_alive):
        process.close()
