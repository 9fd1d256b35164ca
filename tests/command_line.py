"""The command line as a user types it, in the tests' own process: a start of Python costs more than most commands."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import sys
from dataclasses import dataclass
from unittest import mock

from lamforge.cli import app, console


@dataclass(frozen=True)
class Done:
    """What a command left on the terminal."""

    returncode: int
    stdout: str
    stderr: str


def lamforge(*words: object, stdin: str = "", **environment: str) -> Done:
    """Runs a command to its end."""
    out, err = io.StringIO(), io.StringIO()
    kept = signal.getsignal(signal.SIGTERM)
    with contextlib.ExitStack() as stack:
        stack.enter_context(mock.patch.object(sys, "argv", ["lamforge", *map(str, words)]))
        stack.enter_context(mock.patch.object(sys, "stdin", io.StringIO(stdin)))
        stack.enter_context(mock.patch.dict(os.environ, {"COLUMNS": "120", "NO_COLOR": "1", **environment}))
        for terminal in (console.out, console.err):
            stack.enter_context(mock.patch.object(terminal, "_width", 120))
        stack.enter_context(contextlib.redirect_stdout(out))
        stack.enter_context(contextlib.redirect_stderr(err))
        stack.callback(signal.signal, signal.SIGTERM, kept)
        code: object = 0
        try:
            app.run()
        except SystemExit as end:
            code = end.code
    return Done(code if isinstance(code, int) else 0, out.getvalue(), err.getvalue())
