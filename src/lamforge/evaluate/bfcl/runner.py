"""One BFCL evaluation: the suite on the shared runner, and what is written. Numbers are made elsewhere."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lamforge.engines.budget import Price
from lamforge.errors import DataError
from lamforge.evaluate.bfcl.asking import Asker
from lamforge.evaluate.bfcl.bench import BfclBench, record_of, score_of, scored_of
from lamforge.evaluate.bfcl.decoding import Decoder, Kind
from lamforge.evaluate.bfcl.details import detail_of
from lamforge.evaluate.bfcl.loading import load_classes
from lamforge.evaluate.bfcl.report import bfcl_report
from lamforge.evaluate.bfcl.results import read_results
from lamforge.evaluate.bfcl.results import write_results as write_bfcl_results
from lamforge.evaluate.bfcl.scoring import Scored, collector_paused
from lamforge.evaluate.bfcl.suites import Suite
from lamforge.evaluate.bfcl.summary import BfclSummary, summarise
from lamforge.evaluate.bfcl.tasks import BfclTask, load_tasks
from lamforge.evaluate.bfcl.verdicts import Judge
from lamforge.evaluate.bfcl.wheel import Release
from lamforge.evaluate.folder import create
from lamforge.evaluate.queue import Progress
from lamforge.evaluate.report import write_report
from lamforge.evaluate.results import Result, write_results
from lamforge.evaluate.runner import Concurrency, Options, run_suite
from lamforge.evaluate.summary import BrokenEpisode
from lamforge.journal import write_atomically


async def evaluate_bfcl(
    release: Release,
    suite: Suite,
    asker: Asker,
    *,
    model: str,
    out: Path,
    categories: Sequence[str] | None = None,
    limit: int | None = None,
    trials: int = 1,
    seed: int = 0,
    concurrency: Concurrency = 8,
    made: dict[str, Any] | None = None,
    retry_errors: bool = False,
    price: Price | None = None,
    progress: Progress | None = None,
) -> BfclSummary:
    """Asks a model a suite's questions and writes everything into `out`.

    Besides what `run_suite` writes, the folder gets `summary.json`, `results.jsonl`, `details.jsonl`, `report.html`,
    `report.md` and `result/`, which official tools can score again.

    Args:
        model: The name that the results are filed under.
        categories: All of the suite by default.
        limit: Only the first so many tasks of each category.
        seed: Of the sampling; each trial of each task has one of its own, made from this one.
        made: What else the answers depend on: the model's digest, sampling…; plain JSON. A change makes another run.
        concurrency, retry_errors, price, progress: See `lamforge.evaluate.runner.Options`.
    Raises:
        UsageError: if `out` holds another run.
        OutputError: if `out` cannot be written.
        DataError, MissingExtraError: if the release cannot be used.
    """
    tasks = [task for name in categories or suite.categories for task in load_tasks(release, suite, name)[:limit]]
    bench = BfclBench(release, tasks, asker)
    identity = {
        "benchmark": "bfcl",
        "suite": str(suite),
        "data_sha256": release.digest,
        "seed": seed,
        **asker.describe(),
        **(made or {}),
    }
    options = Options(model, out, identity, trials, concurrency, retry_errors, price or Price(), progress)
    with collector_paused():
        outcome = await run_suite(bench, bench.player(seed), options)
    pairs = [(row, result) for row, result in zip(outcome.rows, outcome.results, strict=True) if result.scored]
    scored = [scored_of(bench.tasks[row.task_id], row, result) for row, result in pairs]
    records = [record_of(row) for row, _ in pairs]
    summary = summarise(
        suite,
        tasks,
        scored,
        model=model,
        mode=asker.mode,
        trials=trials,
        sizes=sizes_of(release, suite),
        played=records,
        broken=[BrokenEpisode(*result.key, result.error) for result in outcome.results if not result.scored],
        results=outcome.results,
        made=outcome.made,
    )
    write_bfcl_results(out / "result", suite, summary.model, scored, records)
    shown = dict(zip(((e.task.id, e.trial) for e in scored), zip(scored, records, strict=True), strict=True))
    classes = load_classes(release) if any(task.classes for task in tasks) else {}
    details = [
        detail_of(*shown[result.key], asker.decoder, classes, asker.prompt_format)
        if result.scored
        else {"failures": [result.error]}
        for result in outcome.results
    ]
    _write(out, summary, outcome.results, details)
    return summary


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

    Raises:
        DataError: if they cannot be read.
        OutputError: if `out` cannot be written.
    """
    answers = read_results(results, suite)
    decoder = Decoder(kind)
    judge = Judge(release, decoder)
    tasks: list[BfclTask] = []
    scored: list[Scored] = []
    with collector_paused():
        for name in categories or suite.categories:
            loaded = load_tasks(release, suite, name)
            if categories is None and not any(task.id in answers for task in loaded):
                continue
            for task in loaded:
                kept = task if out is not None else task.slim()
                tasks.append(kept)
                if task.id in answers:
                    answer = answers.pop(task.id)
                    scored.append(Scored(kept, 0, answer if out is not None else None, judge.verdict(task, answer)))
    if not scored:
        raise DataError(f"holds no answers to tasks of {suite}", where=results, remedy="Check --suite.")
    done = {each.task.id for each in scored}
    missing = [BrokenEpisode(task.id, 0, "no answer in the results") for task in tasks if task.id not in done]
    summary = summarise(
        suite,
        tasks,
        scored,
        model=results.stem,
        mode="results",
        sizes=sizes_of(release, suite),
        broken=missing,
        made={"suite": str(suite), "data_sha256": release.digest, "answers": kind, "results": results.name},
    )
    if out is not None:
        create(out)
        classes = load_classes(release) if any(task.classes for task in tasks) else {}
        verdicts = [(each, score_of(each.task, each.answer, each.verdict)) for each in scored]
        found = [Result(each.task.id, 0, each.task.category, **vars(verdict)) for each, verdict in verdicts]
        found += [Result(b.task_id, 0, "", False, None, error=b.error) for b in missing]
        details = [detail_of(each, {}, decoder, classes, None) for each in scored]
        _write(out, summary, found, [*details, *({} for _ in missing)])
        write_atomically(out / "run.json", json.dumps({"model": summary.model, **summary.made}, indent=2) + "\n")
    return summary


def sizes_of(release: Release, suite: Suite) -> dict[str, int]:
    """How many tasks each category has."""
    return {name: len(release.lines(f"data/{suite.prefix}{name}.json")) for name in suite.categories}


def _write(out: Path, summary: BfclSummary, results: Sequence[Result], details: Sequence[dict[str, Any]]) -> None:
    write_results(out, results, details)
    write_atomically(out / "summary.json", json.dumps(summary.as_dict(), indent=2) + "\n")
    write_report(out, bfcl_report(summary), results, details)
