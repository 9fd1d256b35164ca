"""How many tokens a conversation has in a format, by a model's own tokenizer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from lamforge.errors import LamforgeError, MissingExtraError, ModelError, UsageError
from lamforge.formats import Format
from lamforge.messages import Finding, Trajectory


class LengthCheck:
    """Counts tokens as training does: the format's own, nothing added.

    Args:
        tokenizer: A model's folder, or its tokenizer.json.
        context: The most tokens; unless given, what the folder's config.json says.
    Raises:
        ModelError: if the tokenizer cannot be read.
        UsageError: if nothing says how long the context is.
    """

    def __init__(self, fmt: Format, tokenizer: Path, context: int | None) -> None:
        self._format = fmt
        file = tokenizer / "tokenizer.json" if tokenizer.is_dir() else tokenizer
        self._tokenizer = _load(file)
        self.context = context or _context_of(file.with_name("config.json"))

    def tokens(self, trajectory: Trajectory) -> int:
        """The tokens of the whole conversation; raises LamforgeError if the format cannot write it."""
        text = self._format.render(trajectory.messages, self._format.offered(trajectory.tools) or None)
        return len(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def faults(self, trajectory: Trajectory) -> list[Finding]:
        """That it is longer than the context, or cannot be written."""
        try:
            tokens = self.tokens(trajectory)
        except LamforgeError as error:
            return [Finding(code="not_rendered", message=0, detail=error.what)]
        if tokens <= self.context:
            return []
        return [Finding(code="too_long", message=0, detail=f"{tokens:,} tokens, and the context has {self.context:,}")]


def _load(file: Path) -> Any:
    try:
        from tokenizers import Tokenizer
    except ImportError as error:
        raise MissingExtraError(
            "counting tokens needs tokenizers", remedy="Install it with `pip install 'lamforge[train]'`."
        ) from error
    try:
        return Tokenizer.from_file(str(file))
    except Exception as error:  # the library raises no other class
        raise ModelError(f"cannot be read as a tokenizer: {error}", where=file) from error


def _context_of(file: Path) -> int:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))["max_position_embeddings"]
    except (OSError, ValueError, KeyError, TypeError):
        found = None
    if not isinstance(found, int):
        raise UsageError("nothing says how long the context is", where=file, remedy="Say --context TOKENS.")
    return found
