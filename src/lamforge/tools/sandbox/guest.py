"""The guest's side of a sandbox: a process that confines itself, then runs a stranger's code and answers over a pipe.

Started by `lamforge.tools.sandbox.host`, which names the object of ours that knows how to use that code. Lines of JSON
come in and go out; what the code prints goes nowhere.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import traceback
from pathlib import Path
from typing import Any, TextIO

import lamforge
from lamforge.tools.sandbox.confinement import allow_seconds, confine

NOT_JSON = "NotJson"  # what is wrong with an answer that JSON cannot hold
_MESSAGE = 500  # characters of an exception's text


def main() -> None:
    """Answers requests until stdin ends."""
    requests = os.fdopen(os.dup(0), encoding="utf-8")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    setting = json.loads(requests.readline())
    module, _, name = setting["receiver"].partition(":")
    receiver = getattr(importlib.import_module(module), name)  # ours; it has loaded no stranger's code yet
    measures = confine([Path(path) for path in setting["readable"]], setting["memory_bytes"])
    _write(answers, {"measures": measures})
    if requests.readline().strip() != "go":  # the host looks at the measures first
        return
    allow_seconds(setting["timeout_s"])
    built, answer = _answer(lambda: receiver(**setting["arguments"]))
    signal.alarm(0)
    _write(answers, answer if "error" in answer else {"result": None})
    for line in requests:
        asked = json.loads(line)
        allow_seconds(asked["timeout_s"])
        _, answer = _answer(lambda asked=asked: getattr(built, asked["method"])(**asked["arguments"]))  # type: ignore[misc]
        signal.alarm(0)
        _write(answers, answer)


def _answer(run: Any) -> tuple[Any, dict[str, Any]]:
    """(what a call returned, the line that says so)."""
    try:
        value = run()
        return value, {"result": value}
    except BaseException as error:
        return None, {"error": type(error).__name__, "message": _text(error), "line": _line(error)}


def _text(error: BaseException) -> str:
    try:
        return str(error)[:_MESSAGE]
    except Exception:
        return "an exception without a text"


def _line(error: BaseException) -> int:
    """The line of the stranger's code that failed: the last one outside Python and lamforge."""
    ours = (str(Path(lamforge.__file__).parent), sys.prefix, sys.base_prefix, "<")
    own = [f for f in traceback.extract_tb(error.__traceback__) if not f.filename.startswith(ours)]
    return int(getattr(error, "lineno", None) or (own[-1].lineno if own else 0) or 0)


def _write(answers: TextIO, answer: dict[str, Any]) -> None:
    try:
        line = json.dumps(answer, ensure_ascii=True, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        what = f"what it returned is not JSON: {error}"[:_MESSAGE]
        line = json.dumps({"error": NOT_JSON, "message": what, "line": 0})
    answers.write(line + "\n")
    answers.flush()


if __name__ == "__main__":
    main()
