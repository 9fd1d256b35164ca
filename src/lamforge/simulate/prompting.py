"""Prompts for language models that play a part: files in the package, told apart by hash, replaceable by the user's."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

from lamforge.errors import UsageError

PLAYING = Path(__file__).parent / "prompts"  # of the simulated user


class Prompts:
    """The prompts of one job.

    Args:
        bundled: Folders of the package, of files NAME.md in Jinja.
        own: The user's folder; a file of the same name there goes before the package's.
    Raises:
        UsageError: if the user's folder holds a file that replaces nothing, or is none.
    """

    def __init__(self, *bundled: Path, own: Path | None = None) -> None:
        self._environment = ImmutableSandboxedEnvironment(
            undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=False
        )
        self._environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False, "sort_keys": False}
        files = {path.stem: path for path in sorted(file for folder in bundled for file in folder.glob("*.md"))}
        for path in _own(own):
            if path.stem not in files:
                known = ", ".join(f"{name}.md" for name in files)
                raise UsageError("is the name of no prompt", where=path, remedy=f"Prompts are: {known}.")
            files[path.stem] = path
        self._files = files
        self._sources = {name: _read(path) for name, path in files.items()}

    def render(self, name: str, **values: Any) -> str:
        """A prompt with its values filled in.

        Raises:
            UsageError: naming the file, if it asks for a value that there is none of, or is no Jinja.
        """
        try:
            return self._environment.from_string(self._sources[name]).render(**values)
        except jinja2.TemplateError as error:
            known = ", ".join(sorted(values))
            remedy = f"Values that can be asked for here: {known}."
            raise UsageError(f"cannot be filled in: {error}", where=self._files[name], remedy=remedy) from error

    def hashes(self) -> dict[str, str]:
        """The first 16 hex digits of each prompt's SHA-256: which version a result was made with."""
        return {name: hashlib.sha256(text.encode()).hexdigest()[:16] for name, text in self._sources.items()}


def _own(folder: Path | None) -> list[Path]:
    if folder is None:
        return []
    if not folder.is_dir():
        raise UsageError("is no folder of prompts", where=folder)
    return sorted(folder.glob("*.md"))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot be read: {error}", where=path) from error
