"""A run's folder as a stream of records: of its final files, or of its journal while it is in progress.

What cannot be read is left out and told of.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from lamforge.domains import Task
from lamforge.errors import DataError
from lamforge.generate.report.journals import lines_of
from lamforge.generate.report.records import Item, Record, Rejected
from lamforge.generate.run_folder import JOURNAL, manifest_of
from lamforge.messages import Trajectory, file_sha256

_FILES: dict[str, type[Record]] = {  # what each line of a final file is; those of the other job are not there
    "tasks-train.jsonl": Task,
    "tasks-test.jsonl": Task,
    "items.jsonl": Item,
    "trajectories.jsonl": Trajectory,
    "rejected.jsonl": Rejected,
}
_TOLD = 3  # lines of one file that are told of


@dataclass
class RunFolder:
    """A run that can be reported.

    Args:
        config: What it was started with.
        summary: What it said of itself at its end.
        problems: What is wrong with the folder; more may be found while records are read.
        reasons: How often something was rejected for which reason; known once all records are read.
        done: Tasks or items that were worked on; known then, too.
    """

    path: Path
    config: dict[str, Any]
    running: bool
    summary: dict[str, Any]
    problems: list[str] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)
    done: int = 0
    _wrong: Counter[str] = field(default_factory=Counter)

    @property
    def job(self) -> str:
        """Which verb of `generate` made it."""
        return str(self.config.get("job", "multi"))

    def records(self) -> Iterator[Record]:
        """All that can be read; tasks and items come before their conversations."""
        journal = self.path / JOURNAL
        if self.running and journal.exists():
            yield from self._of_journal(journal)
        else:
            yield from self._of_files()
        for name, count in self._wrong.items():
            if count > _TOLD:
                self.problems.append(f"{name}: {count - _TOLD} more lines are left out")

    def _of_files(self) -> Iterator[Record]:
        counted: Counter[str] = Counter()
        for name, kind in _FILES.items():
            for number, line in self._lines(name):
                record = self._checked(kind, line, name, number)
                if isinstance(record, Rejected):
                    counted[record.reason] += record.entries
                if record is not None:
                    yield record
        told = self.summary.get("rejected")
        self.reasons = Counter(told) if isinstance(told, dict) else counted

    def _of_journal(self, path: Path) -> Iterator[Record]:
        single = self.job == "single"
        try:
            for name, value in lines_of(path, self.job, self.problems):
                if name == "done":
                    self.done += 1
                elif name == "reasons":
                    self.reasons[str(value["reason"])] += 1
                elif record := self._checked(_FILES[name], value, path.name, self.done + 1):
                    if single and isinstance(record, Rejected):
                        self.reasons[record.reason] += record.entries
                    yield record
        except (KeyError, TypeError) as error:
            self.problems.append(f"{path.name} is not the journal of `generate {self.job}`: {error!r}")

    def _lines(self, name: str) -> Iterator[tuple[int, bytes]]:
        try:
            with (self.path / name).open("rb") as file:
                yield from ((number, line) for number, line in enumerate(file, 1) if line.strip())
        except FileNotFoundError:
            pass  # the manifest says which files there must be
        except OSError as error:
            self.problems.append(f"{name} cannot be read: {error.strerror}")

    def _checked(self, kind: type[Record], value: Any, name: str, number: int) -> Record | None:
        try:
            return kind.model_validate(json.loads(value) if isinstance(value, bytes) else value)
        except (ValueError, RecursionError) as error:
            self._wrong[name] += 1
            if self._wrong[name] <= _TOLD:
                self.problems.append(f"{name}:{number} is left out: {_first(error)}")
            return None


def open_run(path: Path) -> RunFolder:
    """The folder of a run.

    Raises:
        DataError: if it is none.
    """
    try:
        manifest = manifest_of(path / "run.json")
    except DataError as error:
        remedy = "Name the folder that `lamforge generate` was given as --out."
        raise DataError("is no folder of a run", where=path, remedy=remedy) from error
    summary = manifest["summary"] if isinstance(manifest["summary"], dict) else {}
    run = RunFolder(path, manifest["config"], manifest["status"] != "complete", summary)
    for name in () if run.running else [name for name in _FILES if name in manifest["sha256"]]:
        try:
            if file_sha256(path / name) != manifest["sha256"][name]:
                run.problems.append(f"{name} is not as the run wrote it")
        except OSError as error:
            run.problems.append(f"{name} cannot be read: {error.strerror}")
    return run


def _first(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
    return str(error)
