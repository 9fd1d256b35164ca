"""Scores for answers that are there already, in BFCL's own layout, whoever made them. It asks no model."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from lamforge.errors import DataError
from lamforge.evaluate.bfcl.bench import score_of
from lamforge.evaluate.bfcl.decoding import Decoder, Kind
from lamforge.evaluate.bfcl.details import detail_of
from lamforge.evaluate.bfcl.loading import load_classes
from lamforge.evaluate.bfcl.recorded import Recorded, named, of_one_model, read_results
from lamforge.evaluate.bfcl.report import write_evaluation
from lamforge.evaluate.bfcl.scoring import Scored, collector_paused
from lamforge.evaluate.bfcl.suites import Suite
from lamforge.evaluate.bfcl.summarising import summarise
from lamforge.evaluate.bfcl.summary import BfclSummary
from lamforge.evaluate.bfcl.tasks import BfclTask, load_tasks, sizes_of, task_ids
from lamforge.evaluate.bfcl.verdicts import Judge
from lamforge.evaluate.bfcl.wheel import Release
from lamforge.evaluate.folder import create
from lamforge.evaluate.results import Result
from lamforge.evaluate.summary import BrokenEpisode
from lamforge.journal import write_atomically


def score_results(
    release: Release,
    suite: Suite,
    results: Path,
    kind: Kind,
    *,
    out: Path | None = None,
    categories: Sequence[str] | None = None,
) -> BfclSummary:
    """Scores answers in BFCL's own layout, whoever made them; with `out`, the summary and the report are written.

    Tasks without an answer, or with an error of the endpoint in its place, make the result incomplete.

    Raises:
        DataError: if they cannot be read, or answer tasks that the suite does not have.
        UsageError: if they are of several models.
        OutputError: if `out` cannot be written.
    """
    suite = release.labelled(suite)
    files, left_out = read_results(results, suite)
    answers = of_one_model(files, results)
    decoder = Decoder(kind)
    judge = Judge(release, decoder)
    tasks: list[BfclTask] = []
    scored: list[Scored] = []
    broken: list[BrokenEpisode] = []
    with collector_paused():
        for task in _answered_tasks(release, suite, categories, answers, results):
            kept = task if out is not None else task.slim()
            tasks.append(kept)
            given = answers.get(task.id, Recorded(task.id, None, "no answer in the results"))
            if given.error:
                broken.append(BrokenEpisode(task.id, 0, given.error))
            else:
                verdict = judge.verdict(task, given.answer)
                scored.append(Scored(kept, 0, given.answer if out is not None else None, verdict))
    made = {"suite": str(suite), "data_sha256": release.digest, "answers": kind, "results": results.name}
    summary = summarise(
        suite,
        tasks,
        scored,
        model=files[0].model,
        mode="results",
        sizes=sizes_of(release, suite),
        broken=broken,
        made=made | ({"not_scored": [file.name for file in left_out]} if left_out else {}),
    )
    if out is not None:
        _write_scored(out, release, summary, decoder, tasks, scored)
    return summary


def _answered_tasks(
    release: Release,
    suite: Suite,
    categories: Sequence[str] | None,
    answers: dict[str, Recorded],
    where: Path,
) -> Iterator[BfclTask]:
    """The tasks of the chosen categories, by default of those that are answered at all; one category at a time."""
    unknown = set(answers)
    found = False
    for name in suite.categories:
        if categories is not None and name not in categories:
            unknown -= set(task_ids(release, suite, name))
            continue
        tasks = load_tasks(release, suite, name)
        own = {task.id for task in tasks}
        if categories is None and own.isdisjoint(answers):
            continue
        found = found or not own.isdisjoint(answers)
        unknown -= own
        yield from tasks
    if unknown or not found:
        what = f"answers {len(unknown)} tasks that {suite} does not have: {named(sorted(unknown))}"
        raise DataError(
            what if unknown else f"holds no answers to tasks of {suite} that are scored",
            where=where,
            remedy="Check --suite, --data and --category.",
        )


def _write_scored(
    out: Path,
    release: Release,
    summary: BfclSummary,
    decoder: Decoder,
    tasks: Sequence[BfclTask],
    scored: Sequence[Scored],
) -> None:
    create(out)
    classes = load_classes(release) if any(task.classes for task in tasks) else {}
    categories = {task.id: task.category for task in tasks}
    found = [
        Result(each.task.id, 0, each.task.category, **vars(score_of(each.task, each.answer, each.verdict)))
        for each in scored
    ]
    found += [Result(b.task_id, 0, categories[b.task_id], False, None, error=b.error) for b in summary.broken]
    details = [detail_of(each, {}, decoder, classes, None) for each in scored]
    write_evaluation(out, summary, found, [*details, *({"failures": [b.error]} for b in summary.broken)])
    write_atomically(out / "run.json", json.dumps({"model": summary.model, **summary.made}, indent=2) + "\n")
