"""The process that tau2-bench runs in: requests and answers, one line each, every answer waited for within bounds."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections import deque
from pathlib import Path
from typing import IO, Any

from lamforge.errors import DataError, EngineError

_SCRIPT = Path(__file__).with_name("server.py")
_PATIENCE = {"open": 300.0, "judge": 600.0}  # seconds for an answer; a judge may be a model elsewhere
_ELSE = 60.0
_STARTS = 3  # in a row without an answer, after which it is not started again
_REMEDY = "Install its dependencies into DIR/.venv, as its README says; what it printed stands above."


class Tau2Process:
    """tau2-bench of a checkout, started when it is first asked, and again after it has ended or hung.

    It runs under the checkout's own Python (`.venv`) if there is one, or else under ours.

    Args:
        patience: Seconds that an answer may take, whatever is asked; by default as long as it takes in practice.
    Raises:
        DataError: if the folder is no checkout.
    """

    def __init__(self, checkout: Path, *, patience: float | None = None) -> None:
        self.checkout = checkout
        if not (checkout / "src" / "tau2").is_dir():
            raise DataError("is no checkout of tau2-bench", where=checkout, remedy="Name one with --tau2-dir.")
        self._patience = patience
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._answers: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._opened: dict[str, Any] | None = None  # what was opened, to be opened again
        self._ended: deque[int] = deque()  # sessions that nobody uses any more
        self._starts = 0

    def ask(self, op: str, **request: Any) -> dict[str, Any]:
        """The answer to a request.

        Raises:
            EngineError: if the process ends, hangs, or its code fails; such a conversation has no result.
        """
        with self._lock:
            if self._process is None:
                self._start()
                if self._opened is not None and op != "open":
                    self._answer("open", self._opened)
            answer = self._answer(op, request)
            if op == "open":
                self._opened = request
        return answer

    def forget(self, session: int) -> None:
        """Lets a session go with the next request; asks nothing itself, so that it may be called at any time."""
        self._ended.append(session)

    def close(self) -> None:
        """Ends the process."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()

    def _start(self) -> None:
        if self._starts >= _STARTS:
            what = f"tau2-bench's process has ended {_STARTS} times without an answer"
            raise EngineError(what, where=self.checkout, remedy=_REMEDY)
        self._starts += 1
        own = self.checkout / ".venv" / "bin" / "python"
        root = self.checkout.absolute()
        self._process = subprocess.Popen(
            [str(own) if own.exists() else sys.executable, str(_SCRIPT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env={**os.environ, "PYTHONPATH": str(root / "src"), "TAU2_DATA_DIR": str(root / "data")},
        )
        self._answers = queue.SimpleQueue()
        threading.Thread(target=_pass_on, args=(self._process.stdout, self._answers), daemon=True).start()

    def _answer(self, op: str, request: dict[str, Any]) -> dict[str, Any]:
        assert self._process is not None and self._process.stdin is not None
        ended = [self._ended.popleft() for _ in range(len(self._ended))]
        patience = self._patience or _PATIENCE.get(op, _ELSE)
        try:
            self._process.stdin.write(json.dumps({"op": op, "ended": ended, **request}) + "\n")
            self._process.stdin.flush()
            line = self._answers.get(timeout=patience)
            answer: dict[str, Any] = json.loads(line)
        except queue.Empty as error:
            self.close()
            raise EngineError(f"tau2-bench has not answered within {patience:.0f} s", where=self.checkout) from error
        except (OSError, ValueError) as error:  # an empty line is its end
            self.close()
            raise EngineError("tau2-bench's process has ended", where=self.checkout, remedy=_REMEDY) from error
        self._starts = 0
        if "failed" in answer:
            raise EngineError(f"tau2-bench failed: {answer['failed']}", where=self.checkout)
        return answer


def _pass_on(pipe: IO[str] | None, answers: queue.SimpleQueue[str]) -> None:
    """Reads lines until there are no more; the last one is empty."""
    try:
        for line in pipe or ():
            answers.put(line)
    except (OSError, ValueError):  # the pipe was closed
        pass
    answers.put("")
