"""The host's side of a sandbox: starts the process that runs a stranger's code, asks it, ends it when it misbehaves.

How far the guest is confined is asked of the kernel, recorded, and never less than what was demanded.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import lamforge
from lamforge.errors import UsageError, bounded
from lamforge.tools.sandbox.setting import GuestError, Setting

MAX_ANSWER = 16 << 20  # bytes
_START_S = 60.0  # Python and its packages, on a busy machine
_GRACE_S = 2.0  # beyond the processor time that the guest may use


class Sandbox:
    """A guest process; it is started when it is first asked, and anew after it has died.

    Raises:
        UsageError: on start, if the level cannot be had here.
    """

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._unread = b""

    @property
    def measures(self) -> dict[str, str]:
        """For "limits", "network", "processes" and "files", what confines the guest; "none" where nothing does."""
        self.start()
        return self._setting.measures

    def call(self, method: str, **arguments: Any) -> Any:
        """What the receiver's method returns.

        Raises:
            GuestError: if it raises, or does not end in time.
        """
        self.start()
        self._send({"method": method, "arguments": arguments, "timeout_s": self._setting.timeout_s})
        return self._received(self._setting.timeout_s + _GRACE_S)

    def start(self) -> None:
        """Starts the guest unless it runs; its receiver is made then.

        Raises:
            UsageError: if the level cannot be had here.
            GuestError: if the receiver cannot be made.
        """
        if self._process is not None and self._process.poll() is None:
            return
        self.close()
        self._folder = tempfile.TemporaryDirectory(prefix="lamforge-guest-")
        self._process = subprocess.Popen(
            [sys.executable, "-s", "-B", "-m", "lamforge.tools.sandbox.guest"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=self._folder.name,
            env=guest_environment(self._folder.name),
            start_new_session=True,
        )
        setting = self._setting
        readable = [str(path.resolve()) for path in setting.readable]
        told = {"receiver": setting.receiver, "arguments": setting.arguments, "readable": readable}
        self._send({**told, "memory_bytes": setting.memory_bytes, "timeout_s": setting.timeout_s})
        setting.measures = self._line(_START_S).get("measures", {})
        self._check_level()
        self._send_text("go\n")
        self._received(setting.timeout_s + _GRACE_S)

    def close(self) -> None:
        """Ends the guest and all that it may have started."""
        process, self._process = self._process, None
        self._unread = b""
        if process is not None:
            _kill(process)
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def _check_level(self) -> None:
        lacking = [name for name, how in self._setting.measures.items() if how == "none"]
        if self._setting.level == "strict" and (lacking or not self._setting.measures):
            self.close()
            remedy = (
                "Run on Linux 5.13 or later with Landlock and seccomp; or accept less with --sandbox process; "
                "or --trust the code, which then runs as you."
            )
            what = f"nothing here can confine a guest's {', '.join(lacking) or 'process'}, as --sandbox strict demands"
            raise UsageError(what, remedy=remedy)

    def _send(self, asked: dict[str, Any]) -> None:
        self._send_text(json.dumps(asked) + "\n")

    def _send_text(self, text: str) -> None:
        """Writes to a guest that may not read."""
        assert self._process is not None and self._process.stdin is not None
        pipe = self._process.stdin.fileno()
        left = memoryview(text.encode())
        deadline = time.monotonic() + self._setting.timeout_s
        while left:
            if not select.select([], [pipe], [], max(0.0, deadline - time.monotonic()))[1]:
                self.close()
                raise GuestError("Timeout", f"read nothing for {self._setting.timeout_s:g} s")
            try:
                left = left[os.write(pipe, left[: select.PIPE_BUF]) :]
            except OSError:
                self._gone()

    def _received(self, seconds: float) -> Any:
        answer = self._line(seconds)
        if "error" in answer:
            line = answer.get("line")
            raise GuestError(str(answer["error"]), str(answer.get("message", "")), line if isinstance(line, int) else 0)
        return answer.get("result")

    def _line(self, seconds: float) -> dict[str, Any]:
        """The next line of the guest, which may be anything."""
        assert self._process is not None and self._process.stdout is not None
        pipe = self._process.stdout.fileno()
        deadline = time.monotonic() + seconds
        pieces = [self._unread]
        while b"\n" not in pieces[-1]:
            if not select.select([pipe], [], [], max(0.0, deadline - time.monotonic()))[0]:
                self.close()
                raise GuestError("Timeout", f"did not end within {seconds - _GRACE_S:g} s")
            pieces.append(os.read(pipe, 1 << 16))
            if not pieces[-1]:
                self._gone()
            if sum(map(len, pieces)) > MAX_ANSWER:
                self.close()
                raise GuestError("Ended", f"answered more than {MAX_ANSWER} bytes")
        line, self._unread = b"".join(pieces).split(b"\n", 1)
        try:
            answer = json.loads(line)
            if not isinstance(answer, dict):
                raise ValueError("no object")
            return answer
        except (ValueError, RecursionError) as error:
            self.close()
            raise GuestError("Ended", f"wrote something else than an answer: {bounded(line[:100])}") from error

    def _gone(self) -> None:
        """Raises for a guest whose pipe has closed."""
        process = self._process
        assert process is not None
        try:
            status = process.wait(_GRACE_S)
        except subprocess.TimeoutExpired:
            status = 0
        self.close()
        raise GuestError("Ended", f"ended its process ({_cause(status)})")


def guest_environment(folder: str) -> dict[str, str]:
    """What a guest sees of our environment variables: nothing but where lamforge is."""
    packages = str(Path(lamforge.__file__).parents[1])
    fixed = {"LANG": "C.UTF-8", "PYTHONPATH": packages, "PYTHONHASHSEED": "0", "PYTHONSAFEPATH": "1"}
    return {**fixed, "HOME": folder, "TMPDIR": folder, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Ends a process and its group, for good."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()
    process.wait()


def _cause(status: int) -> str:
    if status == -signal.SIGXCPU:
        return "it used too much processor time"
    if status in (-signal.SIGKILL, -signal.SIGSEGV, -signal.SIGBUS):
        return f"signal {-status}, as when memory runs out"
    return f"signal {-status}" if status < 0 else f"exit code {status}"
