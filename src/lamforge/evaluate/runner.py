"""One evaluation of a suite, from the first task to the last verdict. It owns the journal and makes no numbers."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from lamforge import __version__
from lamforge.engines.budget import Price
from lamforge.errors import EngineError
from lamforge.evaluate.folder import claim, create
from lamforge.evaluate.part import Part
from lamforge.evaluate.queue import Progress
from lamforge.evaluate.results import Result, result_of
from lamforge.evaluate.rows import KEY, Row, play_rows
from lamforge.evaluate.suite import Item, Play, Score
from lamforge.journal import Journal
from lamforge.messages import content_id

Concurrency = int | Callable[[], int]


class Suite(Protocol):
    """Tasks that can be played, and verdicts on what was answered.

    `play_version` counts the changes of how tasks are played: it grows when the same model would be shown another text,
    or a conversation would go another way. Rows that were played otherwise are then no rows of this run. Changes of how
    answers are judged need none: all rows are judged anew each time.
    """

    play_version: int

    def items(self) -> Sequence[Item]:
        """The tasks, in the order of reports."""
        ...

    def score(self, task_id: str, record: dict[str, Any]) -> Score:
        """The verdict on what `Played.record` holds; a pure function of it."""
        ...


@dataclass(frozen=True)
class Options:
    """How a suite is run.

    Args:
        identity: All that the answers depend on: suite and its data's hash, format, sampling, the model's digest; plain
            JSON. A change makes another run, which needs another folder. Evaluations complete it with their suite's.
        concurrency: Tasks in flight; a function says how many there may be now.
        retry_errors: Tries those again that ended with an error of the infrastructure.
        price: Of the model's tokens.
        progress: Called after each trial with trials done, trials planned, trials per second.
        part: Of the suite, if these are not all of its tasks.
    """

    model: str
    out: Path
    identity: dict[str, Any] = field(default_factory=dict)
    trials: int = 1
    concurrency: Concurrency = 8
    retry_errors: bool = False
    price: Price = field(default_factory=Price)
    progress: Progress | None = None
    part: Part | None = None


@dataclass(frozen=True)
class Outcome:
    """What a run gave: a row and a result for each trial of each task, in the suite's order."""

    rows: list[Row]
    results: list[Result]
    baselines: dict[str, list[Result]]  # without those that could not be played, which `made` names
    made: dict[str, Any]  # the identity, with the version that scored


async def run_suite(suite: Suite, play: Play, options: Options, baselines: Mapping[str, Play] | None = None) -> Outcome:
    """Plays what the folder's journal does not hold yet, and scores everything that was asked for.

    The folder gets `run.json` (the identity) and `rows.jsonl` (the journal). After an interruption, even `kill -9`, the
    same call goes on where it stopped; with more trials or tasks it plays only what is missing. What the engine breaks
    twice is recorded as an error, never scored, and played again with `retry_errors`.

    Args:
        baselines: Ways to play that need no model, by name; they are played on the same tasks and trials.
    Raises:
        UsageError: if the folder holds another run.
        OutputError: if it cannot be written.
        Whatever `play` and `suite.score` raise, but for engine errors; what was played by then is kept.
    """
    items = list(suite.items())
    identity = {"model": options.model, **options.identity, "play_version": suite.play_version}
    create(options.out)
    with Journal(options.out / "rows.jsonl", key=KEY) as journal:
        claim(options.out / "run.json", identity)
        rows = await play_rows(
            items,
            play,
            run=content_id(identity),
            journal=journal,
            trials=options.trials,
            concurrency=options.concurrency,
            retry_errors=options.retry_errors,
            progress=options.progress,
        )
    played: dict[str, list[Result]] = {}
    lost: dict[str, str] = {}
    for name, own in (baselines or {}).items():
        try:
            played[name] = await _baseline(suite, items, own, options.trials)
        except EngineError as error:  # of an environment that runs elsewhere; what was played must not be lost by it
            lost[name] = str(error)
    categories = {item.task_id: item.category for item in items}
    results = [_scored(suite, row, categories[row.task_id], options.price) for row in rows]
    made = {**identity, "trials": options.trials, "lamforge": __version__}
    return Outcome(rows, results, played, {**made, **({"baselines_lost": lost} if lost else {})})


def _scored(suite: Suite, row: Row, category: str, price: Price) -> Result:
    score = suite.score(row.task_id, row.record) if row.state == "answered" else None
    return result_of(row, category, score, price.of(row.prompt_tokens, row.completion_tokens))


async def _baseline(suite: Suite, items: Sequence[Item], play: Play, trials: int) -> list[Result]:
    results = []
    for item in items:
        for trial in range(trials):
            played = await play(item.task_id, trial)
            row = Row("", item.task_id, item.digest, trial, 0, "answered", played.record)
            results.append(result_of(row, item.category, suite.score(item.task_id, played.record)))
    return results


def as_text(made: Mapping[str, Any]) -> dict[str, str]:
    """How numbers were made, as people read it."""
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in made.items()}
