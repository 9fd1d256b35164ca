"""BFCL's tasks on the runner that all suites share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from lamforge.evaluate.bfcl.asking import Asker
from lamforge.evaluate.bfcl.kinds import kind_of_fault
from lamforge.evaluate.bfcl.loading import load_classes
from lamforge.evaluate.bfcl.playing import play
from lamforge.evaluate.bfcl.scoring import Scored
from lamforge.evaluate.bfcl.tasks import BfclTask
from lamforge.evaluate.bfcl.verdicts import Judge, Verdict
from lamforge.evaluate.bfcl.wheel import Release
from lamforge.evaluate.results import Result
from lamforge.evaluate.rows import Row
from lamforge.evaluate.suite import Item, Play, Played, Score
from lamforge.messages import derived_seed

_LONG, _CONVERSATION = 2, 1  # how long tasks take, beside a question's 0


class BfclBench:
    """Tasks of a release, asked in one of the modes."""

    play_version = 1

    def __init__(self, release: Release, tasks: Sequence[BfclTask], asker: Asker) -> None:
        self.tasks = {task.id: task for task in tasks}
        self._asker = asker
        self._judge = Judge(release, asker.decoder)
        self.classes = load_classes(release) if any(task.classes for task in tasks) else {}

    def items(self) -> list[Item]:
        """The tasks as the runner sees them; conversations with the same back ends begin with the same functions."""
        return [
            Item(
                task.id,
                category=task.category,
                prefix=" ".join([task.category, *task.classes]) if task.classes else "",
                size=(_LONG if task.long else _CONVERSATION) if task.classes else 0,
            )
            for task in self.tasks.values()
        ]

    def player(self, seed: int) -> Play:
        """Asks the model; `seed` is that of the sampling, from which each trial of each task gets its own."""

        async def asked(task_id: str, trial: int) -> Played:
            drawn = derived_seed("sampling", seed, task_id, trial) % 2**31
            record = (await play(self.tasks[task_id], self._asker, self.classes, drawn)).as_record()
            numbers = [record.pop(name) for name in ("seconds", "prompt_tokens", "completion_tokens")]
            return Played(record, *numbers)

        return asked

    def score(self, task_id: str, record: dict[str, Any]) -> Score:
        """The verdict; what did not end with an answer deserves no credit, whatever is said officially."""
        task, answer = self.tasks[task_id], record["answer"]
        verdict = self._judge.verdict(task, answer)
        if record["ended"] != "answered" and verdict.sound is not None:
            verdict = replace(verdict, sound=False)
        return score_of(task, answer, verdict)


def score_of(task: BfclTask, answer: Any, verdict: Verdict) -> Score:
    """A verdict in the words of all suites."""
    return Score(
        verdict.valid,
        verdict.sound,
        kind_of_fault(task, answer, verdict),
        verdict.error_type,
        verdict.message[:500],
    )


def scored_of(task: BfclTask, row: Row, result: Result) -> Scored:
    """A result in the words of BFCL."""
    verdict = Verdict(result.passed, result.error_type, result.message, result.sound)
    return Scored(task, row.trial, row.record["answer"], verdict)


def record_of(row: Row) -> dict[str, Any]:
    """What was played, with what it took."""
    return {
        **row.record,
        "seconds": row.reply_seconds,
        "prompt_tokens": row.prompt_tokens,
        "completion_tokens": row.completion_tokens,
    }
