"""Chat templates of strangers, rendered as transformers renders them, in a child process that can do no harm.

A template is a program. jinja2's sandbox keeps it from the machine, but not from loops and sizes without end, not even
while it is compiled; so the child has little time and memory, and is killed when it is late.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

_CHILD = Path(__file__).with_name("template_child.py")
_SECONDS = 10  # for all cases together
_MEMORY = 512 << 20  # bytes
_CHARACTERS = 200_000  # of one text
_MAX_TEMPLATE = 1 << 20  # characters


class Case(NamedTuple):
    """A template and what it is given."""

    template: str
    variables: dict[str, Any]


class Rendered(NamedTuple):
    """A template's text, or why there is none."""

    text: str | None = None
    error: str | None = None


def render_foreign(cases: list[Case]) -> list[Rendered]:
    """What each case renders; total: whatever a template does, it ends as an error of its case."""
    if any(len(case.template) > _MAX_TEMPLATE for case in cases):
        return [Rendered(None, f"it is longer than {_MAX_TEMPLATE} characters")] * len(cases)
    asked = {
        "seconds": _SECONDS,
        "memory": _MEMORY,
        "characters": _CHARACTERS,
        "cases": [case._asdict() for case in cases],
    }
    child = subprocess.Popen(
        [sys.executable, str(_CHILD)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONSAFEPATH": "1"},
    )
    try:
        printed, _ = child.communicate(json.dumps(asked).encode() + b"\n", timeout=_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        printed, _ = child.communicate()
    answers = [_rendered(line) for line in printed.splitlines(keepends=True) if line.endswith(b"\n")]
    late = Rendered(None, f"it takes more than {_SECONDS} seconds, or more memory than there is")
    return answers + [late] * (len(cases) - len(answers))


def _rendered(line: bytes) -> Rendered:
    answer = json.loads(line)
    return Rendered(answer.get("text"), printable(answer["error"]) if "error" in answer else None)


def printable(text: str) -> str:
    """A stranger's text without line breaks and without what a terminal would obey."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)
