"""Every command in the documents exists, with the options that it is shown with."""

from __future__ import annotations

import importlib
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer

from lamforge.cli.app import VERBS

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *(path for path in sorted((ROOT / "docs").glob("*.md")) if path.name != "cli.md")]
_COMMAND = re.compile(r"^ *(?:\$ )?(lamforge (?:[^\n]*\\\n)*[^\n]*)$", re.M)


def commands(page: Path) -> list[str]:
    """Those of the page that stand on lines of their own, as code."""
    text = page.read_text(encoding="utf-8")
    blocks = re.findall(r"^```(?:sh|bash|console)?\n(.*?)^```", text, re.M | re.S) + re.findall(r"^ {4}.*$", text, re.M)
    return [found for block in blocks for found in _COMMAND.findall(block)]


def command_of(words: list[str]) -> tuple[Any, list[str]]:
    """The verb that the words name, and what comes behind it."""
    if words[0] not in VERBS:
        return None, words
    found = typer.main.get_command(importlib.import_module(f"lamforge.cli.{VERBS[words[0]][0]}").app)
    rest = words[1:]
    while rest and rest[0] in getattr(found, "commands", {}):
        found, rest = found.commands[rest[0]], rest[1:]
    return found, rest


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_in_the_documents_are_those_of_the_command_line(page: Path) -> None:
    for line in commands(page):
        words = shlex.split(line.replace("\\\n", " "), comments=True)[1:]
        if not words or words[0].startswith("-"):
            continue
        command, rest = command_of(words)
        assert command is not None, line
        assert not getattr(command, "commands", None) or not rest, f"{line}: {rest[0]} is no verb"
        options = {name for each in command.params for name in [*each.opts, *each.secondary_opts]} | {"--help"}
        used = [word.partition("=")[0] for word in rest if word.startswith("--")]
        assert set(used) <= options, f"{line}: {set(used) - options}"


def test_there_are_commands_to_look_at() -> None:
    assert sum(len(commands(page)) for page in PAGES) > 60
