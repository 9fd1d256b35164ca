"""Writes docs/cli.md from the verbs themselves; with --check it only says whether the file is up to date."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from lamforge.cli.app import VERBS

TARGET = Path(__file__).with_name("cli.md")
GROUPS = {
    "tools": ["import", "check"],
    "generate": ["multi", "single", "merge"],
    "train": ["sft", "dpo", "pretrain"],
    "export": ["gguf", "hf", "merge", "card", "push", "template"],
    "eval": ["domain", "bfcl", "tau", "compare", "verify"],
}


def help_text(words: list[str]) -> str:
    """What `lamforge WORDS --help` prints, 100 columns wide and without colours."""
    environment = {**os.environ, "COLUMNS": "100", "NO_COLOR": "1", "TERM": "dumb"}
    command = [sys.executable, "-m", "lamforge", *words, "--help"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout
    return "\n".join(line.rstrip() for line in printed.strip().splitlines()).replace("python -m lamforge", "lamforge")


def reference() -> str:
    """The whole document."""
    parts = ["# Command line", "Written by `make docs` from the verbs themselves."]
    for verb in VERBS:
        for words in [[verb, action] for action in GROUPS.get(verb, [])] or [[verb]]:
            parts.append(f"## lamforge {' '.join(words)}\n\n```text\n{help_text(words)}\n```")
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    text = reference()
    if "--check" in sys.argv:
        sys.exit(
            0
            if TARGET.exists() and TARGET.read_text(encoding="utf-8") == text
            else "docs/cli.md is out of date: make docs"
        )
    TARGET.write_text(text, encoding="utf-8")
