"""One BFCL evaluation: the suite on the shared runner, and what is written. Numbers are made elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lamforge.evaluate.bfcl.asking import Asker
from lamforge.evaluate.bfcl.bench import BfclBench, record_of, scored_of
from lamforge.evaluate.bfcl.details import detail_of
from lamforge.evaluate.bfcl.report import write_evaluation
from lamforge.evaluate.bfcl.results import write_results as write_bfcl_results
from lamforge.evaluate.bfcl.scoring import collector_paused
from lamforge.evaluate.bfcl.suites import Suite
from lamforge.evaluate.bfcl.summarising import summarise
from lamforge.evaluate.bfcl.summary import BfclSummary
from lamforge.evaluate.bfcl.tasks import load_tasks, sizes_of
from lamforge.evaluate.bfcl.wheel import Release
from lamforge.evaluate.runner import Options, run_suite
from lamforge.evaluate.summary import BrokenEpisode


async def evaluate_bfcl(
    release: Release,
    suite: Suite,
    asker: Asker,
    options: Options,
    *,
    categories: Sequence[str] | None = None,
    limit: int | None = None,
    seed: int = 0,
) -> BfclSummary:
    """Asks a model a suite's questions and writes everything into the folder of the options.

    Besides what `run_suite` writes, the folder gets `summary.json`, `results.jsonl`, `details.jsonl`, `report.html`,
    `report.md` and `result/`, which official tools can score again.

    Args:
        categories: All of the suite by default.
        limit: Only the first so many tasks of each category.
        seed: Of the sampling; each trial of each task has one of its own, made from this one.
    Raises:
        UsageError: if the folder holds another run.
        OutputError: if it cannot be written.
        DataError, MissingExtraError: if the release cannot be used.
    """
    suite = release.labelled(suite)
    tasks = [task for name in categories or suite.categories for task in load_tasks(release, suite, name)[:limit]]
    bench = BfclBench(release, tasks, asker)
    identity = {
        "benchmark": "bfcl",
        "suite": str(suite),
        "data_sha256": release.digest,
        "seed": seed,
        **asker.describe(),
        **options.identity,
    }
    options = replace(options, identity=identity)
    with collector_paused():
        outcome = await run_suite(bench, bench.player(seed), options)
    pairs = [(row, result) for row, result in zip(outcome.rows, outcome.results, strict=True) if result.scored]
    scored = [scored_of(bench.tasks[row.task_id], row, result) for row, result in pairs]
    records = [record_of(row) for row, _ in pairs]
    summary = summarise(
        suite,
        tasks,
        scored,
        model=options.model,
        mode=asker.mode,
        trials=options.trials,
        sizes=sizes_of(release, suite),
        played=records,
        broken=[BrokenEpisode(*result.key, result.error) for result in outcome.results if not result.scored],
        results=outcome.results,
        made=outcome.made,
    )
    write_bfcl_results(options.out / "result", suite, summary.model, scored, records)
    shown = dict(zip(((e.task.id, e.trial) for e in scored), zip(scored, records, strict=True), strict=True))
    details = [
        detail_of(*shown[result.key], asker.decoder, bench.classes, asker.prompt_format)
        if result.scored
        else {"failures": [result.error]}
        for result in outcome.results
    ]
    write_evaluation(options.out, summary, outcome.results, details)
    return summary
