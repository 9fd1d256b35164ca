"""Writes docs/cli.md from the verbs themselves; with --check it only says whether the file is up to date."""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import sys
from pathlib import Path

import typer

from lamforge.cli.app import VERBS, run

TARGET = Path(__file__).with_name("cli.md")


def actions(verb: str) -> list[str]:
    """The verbs under a verb; none for one that stands alone."""
    command = typer.main.get_command(importlib.import_module(f"lamforge.cli.{VERBS[verb][0]}").app)
    return list(getattr(command, "commands", {}))


def help_text(words: list[str]) -> str:
    """What `lamforge WORDS --help` prints, 100 columns wide and without colours."""
    asked, sys.argv = sys.argv, ["lamforge", *words, "--help"]
    try:
        with contextlib.redirect_stdout(io.StringIO()) as printed, contextlib.suppress(SystemExit):
            run()
    finally:
        sys.argv = asked
    return "\n".join(line.rstrip() for line in printed.getvalue().strip().splitlines())


def reference() -> str:
    """The whole document."""
    parts = ["# Command line", "Written by `make docs` from the verbs themselves."]
    for verb in VERBS:
        for words in [[verb, action] for action in actions(verb)] or [[verb]]:
            parts.append(f"## lamforge {' '.join(words)}\n\n```text\n{help_text(words)}\n```")
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    os.environ |= {"COLUMNS": "100", "NO_COLOR": "1", "TERM": "dumb"}
    text = reference()
    if "--check" in sys.argv:
        sys.exit(
            0
            if TARGET.exists() and TARGET.read_text(encoding="utf-8") == text
            else "docs/cli.md is out of date: make docs"
        )
    TARGET.write_text(text, encoding="utf-8")
