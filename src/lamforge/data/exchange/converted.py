"""What became of a source: numbers, and a file with every record that could not be converted and why."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from lamforge.data.exchange.draft import Unconvertible
from lamforge.errors import OutputError

Progress = Callable[[int, str], None]  # records so far, what is told
TOLD_EVERY = 200  # records

_SUFFIXES = (".jsonl.gz", ".jsonl", ".json", ".parquet")


@dataclass
class Converted:
    """What became of a source."""

    source: Path
    form: str
    out: Path
    converted: int = 0
    reasons: Counter[str] = field(default_factory=Counter)  # why records were left out
    rejected: Path | None = None  # the file that lists them
    notes: Counter[str] = field(default_factory=Counter)  # what was mended, in how many places
    without_tools: int = 0  # conversations that call tools and list none

    @property
    def left_out(self) -> int:
        """Records that could not be converted."""
        return sum(self.reasons.values())

    def as_dict(self) -> dict[str, Any]:
        """The numbers as plain JSON."""
        return {
            "format": self.form,
            "source": str(self.source),
            "out": str(self.out),
            "converted": self.converted,
            "left_out": self.left_out,
            "reasons": dict(self.reasons),
            "rejected": self.rejected and str(self.rejected),
            "notes": dict(self.notes),
            "without_tools": self.without_tools,
        }


class Rejections:
    """The list of what is left out, written while it grows, and put beside the result once that stands."""

    def __init__(self, result: Converted) -> None:
        stem = next(
            (result.out.name.removesuffix(s) for s in _SUFFIXES if result.out.name.endswith(s)), result.out.name
        )
        self.path = result.out.with_name(f"{stem}.rejected.jsonl")
        self.first = ""  # the first of them, as an error tells it
        self._result = result
        self._draft = self.path.with_name(f".{self.path.name}.{os.getpid()}.tmp")
        self._file: IO[str] | None = None

    def add(self, where: str, error: Unconvertible) -> None:
        """One more.

        Raises:
            OutputError: if it cannot be written down.
        """
        self._result.reasons[error.reason] += 1
        self.first = self.first or f"{where}: {error}"
        try:
            self._file = self._file or self._draft.open("w", encoding="ascii")
            self._file.write(json.dumps({"where": where, "reason": error.reason, "detail": error.detail}) + "\n")
        except OSError as problem:
            raise OutputError(f"cannot be written: {problem}", where=self.path) from problem

    def __enter__(self) -> Rejections:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()
        with suppress(OSError):
            if kind is not None:
                self._draft.unlink()
            elif self._file is not None:
                self._draft.replace(self.path)
                self._result.rejected = self.path
            else:
                self.path.unlink()  # of an earlier conversion
