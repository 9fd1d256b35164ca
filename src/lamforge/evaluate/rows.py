"""The journal of an evaluation: one row for each trial of each task, whether it was answered or the engine failed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from lamforge import __version__
from lamforge.errors import DataError
from lamforge.evaluate.queue import Progress, work_through
from lamforge.evaluate.suite import Item, Play, Played, in_good_order
from lamforge.journal import Journal

KEY = ("run", "task_id", "digest", "trial", "attempt")
_Key = tuple[str, int]  # task id and trial


@dataclass(frozen=True)
class Row:
    """One attempt at one trial of one task, as it stands in the journal."""

    run: str  # a hash of all that the answer depends on: suite and data, model, format, sampling
    task_id: str
    digest: str  # of the task
    trial: int
    attempt: int  # 0; more for those after an error
    state: Literal["answered", "error"]
    record: dict[str, Any] = field(default_factory=dict)  # what the suite scores
    seconds: float = 0.0
    reply_seconds: list[float] = field(default_factory=list)
    prompt_tokens: int = 0
    completion_tokens: int = 0
    error: str = ""  # of the infrastructure; never a wrong answer
    lamforge: str = __version__

    @classmethod
    def read(cls, record: dict[str, Any], where: object = None) -> Row:
        """A line of the journal.

        Raises:
            DataError: if it has another shape.
        """
        try:
            return cls(**record)
        except TypeError as error:
            remedy = "It was written by another version of lamforge; choose another output folder."
            raise DataError(f"is not a row of an evaluation ({error})", where=where, remedy=remedy) from error


async def play_rows(
    items: Sequence[Item],
    play: Play,
    *,
    run: str,
    journal: Journal,
    trials: int,
    concurrency: int | Callable[[], int],
    retry_errors: bool = False,
    progress: Progress | None = None,
) -> list[Row]:
    """Plays the trials that the journal has no row of, and appends a row for each.

    Args:
        retry_errors: Plays those again, too, whose last row is an error.
        journal: Opened with `KEY`.
    Returns:
        The last row of each trial, in the order of the items; those that were never tried, because the engine is gone,
        are errors, too, and stand in no journal.
    Raises:
        Whatever `play` raises, but for engine errors; what was played by then is kept.
    """
    by_id = {item.task_id: item for item in items}
    latest = _latest(journal, run, by_id)
    planned = [(item.task_id, trial) for item in in_good_order(list(items)) for trial in range(trials)]

    def wanted(key: _Key) -> bool:
        return key not in latest or (retry_errors and latest[key].state == "error")

    def add(key: _Key, state: Literal["answered", "error"], **values: Any) -> None:
        attempt = latest[key].attempt + 1 if key in latest else 0
        row = Row(run, key[0], by_id[key[0]].digest, key[1], attempt, state, **values)
        journal.append(asdict(row))
        latest[key] = row

    def keep(key: _Key, result: tuple[Played, float]) -> None:
        played, seconds = result
        add(key, "answered", seconds=seconds, **vars(played))

    async def work(key: _Key) -> tuple[Played, float]:
        started = time.perf_counter()
        played = await play(*key)
        return played, round(time.perf_counter() - started, 6)

    try:
        broken = await work_through(
            planned,
            [key for key in planned if wanted(key)],
            work,
            keep,
            concurrency=concurrency,
            lose=lambda key, error: add(key, "error", error=error),
            progress=progress,
        )
    finally:
        journal.sync()
    return [
        latest.get(key) or Row(run, item.task_id, item.digest, key[1], 0, "error", error=broken[key])
        for item in items
        for key in ((item.task_id, trial) for trial in range(trials))
    ]


def _latest(records: Iterable[dict[str, Any]], run: str, by_id: dict[str, Item]) -> dict[_Key, Row]:
    """The last row of each trial of this run and of these very tasks."""
    found: dict[_Key, Row] = {}
    for record in records:
        row = Row.read(record)
        item = by_id.get(row.task_id)
        if row.run == run and item is not None and row.digest == item.digest:
            key = (row.task_id, row.trial)
            if key not in found or found[key].attempt < row.attempt:
                found[key] = row
    return found
