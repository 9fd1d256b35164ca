"""One BFCL evaluation from the first question to the files. It owns the output folder; numbers are made elsewhere."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lamforge import __version__
from lamforge.errors import DataError
from lamforge.evaluate.bfcl.asking import Asker
from lamforge.evaluate.bfcl.decoding import Decoder, Kind
from lamforge.evaluate.bfcl.loading import load_classes
from lamforge.evaluate.bfcl.playing import play
from lamforge.evaluate.bfcl.report import render_report
from lamforge.evaluate.bfcl.results import read_results, write_results
from lamforge.evaluate.bfcl.scoring import Scored, collector_paused, score
from lamforge.evaluate.bfcl.suites import Suite, kind_of
from lamforge.evaluate.bfcl.summary import BfclSummary, Broken, summarise
from lamforge.evaluate.bfcl.tasks import BfclTask, load_tasks
from lamforge.evaluate.bfcl.verdicts import Judge
from lamforge.evaluate.bfcl.wheel import Release
from lamforge.evaluate.folder import claim, create
from lamforge.evaluate.queue import Progress, work_through
from lamforge.journal import Journal, write_atomically
from lamforge.messages import content_id, derived_seed

KEY = ("run", "task", "trial")


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
    concurrency: int = 8,
    made: dict[str, Any] | None = None,
    progress: Progress | None = None,
) -> BfclSummary:
    """Asks a model a suite's questions and writes everything into `out`.

    The folder gets `run.json` (how the answers are made), `answers.jsonl` (the journal), and at the end `summary.json`,
    `report.html` and `result/`, which official tools can score again. After an interruption, even `kill -9`, the same
    call goes on where it stopped; with more categories or trials it makes only what is missing. Tasks that the engine
    breaks twice are listed, never scored; the next call tries them again, and until then the summary is not `complete`.

    Args:
        model: The name that the results are filed under.
        categories: All of the suite by default.
        limit: Only the first so many tasks of each category.
        seed: Of the sampling; each trial of each task has one of its own, made from this one.
        made: What else the answers depend on: the model's digest, sampling…; plain JSON. A change makes another run.
        progress: Called after each task with tasks done, tasks planned, tasks per second.
    Raises:
        UsageError: if `out` holds another run.
        OutputError: if `out` cannot be written.
        DataError, MissingExtraError: if the release cannot be used.
    """
    chosen = categories or suite.categories
    tasks = [task for name in _longest_first(chosen) for task in load_tasks(release, suite, name)[:limit]]
    classes = load_classes(release) if any(task.classes for task in tasks) else {}
    config = {
        "benchmark": "bfcl",
        "suite": str(suite),
        "data_sha256": release.digest,
        "model": model,
        "seed": seed,
        "lamforge": __version__,
        **asker.describe(),
        **(made or {}),
    }
    run = content_id(config)
    create(out)
    with Journal(out / "answers.jsonl", key=KEY) as journal:
        claim(out / "run.json", config)
        by_id = {task.id: task for task in tasks}
        planned = [(task.id, trial) for task in tasks for trial in range(trials)]
        broken = await work_through(
            planned,
            [key for key in planned if (run, *key) not in journal.keys],
            lambda key: play(by_id[key[0]], asker, classes, derived_seed("sampling", seed, *key) % 2**31),
            lambda key, played: journal.append({"run": run, "task": key[0], "trial": key[1], **played.as_record()}),
            concurrency=concurrency,
            progress=progress,
        )
        journal.sync()
        wanted = set(planned)
        records = [each for each in journal if each["run"] == run and (each["task"], each["trial"]) in wanted]
    order = {key: place for place, key in enumerate(planned)}
    records.sort(key=lambda each: order[each["task"], each["trial"]])
    scored = score(release, asker.decoder, ((by_id[each["task"]], each["trial"], each["answer"]) for each in records))
    scored = [without_credit(each, record["ended"]) for each, record in zip(scored, records, strict=True)]
    summary = summarise(
        suite,
        tasks,
        scored,
        model=model,
        mode=asker.mode,
        trials=trials,
        sizes=sizes_of(release, suite),
        played=records,
        broken=[Broken(*key, error) for key, error in broken.items()],
        made=config,
    )
    _write(out, suite, summary, scored, records)
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
    judge = Judge(release, Decoder(kind))
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
    missing = [Broken(task.id, 0, "no answer in the results") for task in tasks if task.id not in done]
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
        _write(out, suite, summary, scored, [])
    return summary


def sizes_of(release: Release, suite: Suite) -> dict[str, int]:
    """How many tasks each category has."""
    return {name: len(release.lines(f"data/{suite.prefix}{name}.json")) for name in suite.categories}


def without_credit(scored: Scored, ended: str) -> Scored:
    """A task that did not end with an answer deserves no credit, whatever is said officially."""
    if ended == "answered" or scored.verdict.sound is None:
        return scored
    from dataclasses import replace

    return replace(scored, verdict=replace(scored.verdict, sound=False))


def _longest_first(categories: Sequence[str]) -> list[str]:
    """Conversations before questions, and long ones first, so that none of them is waited for alone at the end."""
    return sorted(categories, key=lambda name: (kind_of(name) != "multi_turn", "long" not in name))


def _write(
    out: Path, suite: Suite, summary: BfclSummary, scored: Sequence[Scored], records: Sequence[dict[str, Any]]
) -> None:
    if records:
        write_results(out / "result", suite, summary.model, scored, records)
    write_atomically(out / "summary.json", json.dumps(summary.as_dict(), indent=2) + "\n")
    write_atomically(out / "report.html", render_report(summary, scored))
