"""Trials with their verdicts: the lines of `results.jsonl`, the same for every suite."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from lamforge.errors import DataError, bounded
from lamforge.evaluate.rows import Row
from lamforge.evaluate.suite import Score
from lamforge.journal import write_atomically

FILE, DETAILS = "results.jsonl", "details.jsonl"


@dataclass(frozen=True)
class Result:
    """One trial of one task. With an `error` it has no verdict: it is neither right nor wrong."""

    task_id: str
    trial: int
    category: str
    passed: bool
    sound: bool | None
    kind: str = ""
    error_type: str = ""
    message: str = ""
    error: str = ""  # of the infrastructure
    seconds: float = 0.0
    reply_seconds: list[float] = field(default_factory=list)
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float = 0.0
    digest: str = ""  # of the task; empty where it is not known

    @property
    def scored(self) -> bool:
        """Whether there is a verdict."""
        return not self.error

    @property
    def key(self) -> tuple[str, int]:
        """Which trial of which task it is."""
        return self.task_id, self.trial


def result_of(row: Row, category: str, score: Score | None, cost: float = 0.0) -> Result:
    """A row with its verdict, which is None for an error."""
    verdict = asdict(score) if score is not None else {"passed": False, "sound": None}
    return Result(
        task_id=row.task_id,
        trial=row.trial,
        category=category,
        error="" if score is not None else row.error or "no answer",
        seconds=row.seconds,
        reply_seconds=row.reply_seconds,
        prompt_tokens=row.prompt_tokens,
        completion_tokens=row.completion_tokens,
        cost=cost,
        digest=row.digest,
        **verdict,
    )


def write_results(folder: Path, results: Sequence[Result], details: Iterable[dict[str, Any]]) -> None:
    """Writes the results, and what people read of each, in the same order.

    Raises:
        OutputError: if the files cannot be written.
    """
    write_atomically(folder / FILE, (json.dumps(asdict(result)) + "\n" for result in results))
    write_atomically(folder / DETAILS, (json.dumps(detail) + "\n" for detail in details))


def read_results(folder: Path) -> list[Result]:
    """The results of a finished evaluation.

    Raises:
        DataError: naming file and line, if they cannot be read.
    """
    found = []
    for number, line in enumerate(_lines(folder / FILE), 1):
        try:
            found.append(Result(**json.loads(line)))
        except (ValueError, TypeError, RecursionError) as error:
            raise DataError(f"is no result: {bounded(line, 60)}", where=f"{folder / FILE}:{number}") from error
    return found


def read_details(folder: Path) -> list[dict[str, Any]]:
    """What people read of each result, in the same order; empty where it was not kept.

    Raises:
        DataError: if the file is there and cannot be read.
    """
    if not (folder / DETAILS).exists():
        return []
    try:
        return [json.loads(line) for line in _lines(folder / DETAILS)]
    except (ValueError, RecursionError) as error:
        raise DataError("is not as it was written", where=folder / DETAILS) from error


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        remedy = "Pass the --out of a finished `lamforge eval domain`, `calls`, `bfcl` or `tau`."
        raise DataError("holds no results of an evaluation", where=path.parent, remedy=remedy) from error
