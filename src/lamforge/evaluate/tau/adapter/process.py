"""The process that tau2-bench runs in: requests and answers, one line each."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from lamforge.errors import DataError, EngineError

_SCRIPT = Path(__file__).with_name("server.py")


class Tau2Process:
    """tau2-bench of a checkout.

    It runs under the checkout's own Python (`.venv`) if there is one, or else under ours.

    Raises:
        DataError: if the folder is no checkout.
    """

    def __init__(self, checkout: Path) -> None:
        self.checkout = checkout
        if not (checkout / "src" / "tau2").is_dir():
            raise DataError("is no checkout of tau2-bench", where=checkout, remedy="Name one with --tau2-dir.")
        own = checkout / ".venv" / "bin" / "python"
        python = str(own) if own.exists() else sys.executable
        places = {"PYTHONPATH": str(checkout.absolute() / "src"), "TAU2_DATA_DIR": str(checkout.absolute() / "data")}
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [python, str(_SCRIPT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env={**os.environ, **places},
        )

    def ask(self, op: str, **request: Any) -> dict[str, Any]:
        """The answer to a request.

        Raises:
            EngineError: if the process has ended, or its code failed; such a conversation has no result.
        """
        assert self._process.stdin is not None and self._process.stdout is not None
        with self._lock:
            try:
                self._process.stdin.write(json.dumps({"op": op, **request}) + "\n")
                self._process.stdin.flush()
                line = self._process.stdout.readline()
            except OSError as error:
                raise self._gone() from error
        if not line:
            raise self._gone()
        answer: dict[str, Any] = json.loads(line)
        if "failed" in answer:
            raise EngineError(f"tau2-bench failed: {answer['failed']}", where=self.checkout)
        return answer

    def close(self) -> None:
        """Ends the process."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def _gone(self) -> EngineError:
        remedy = "Install its dependencies into DIR/.venv, as its README says; what it printed stands above."
        return EngineError("tau2-bench's process has ended", where=self.checkout, remedy=remedy)
