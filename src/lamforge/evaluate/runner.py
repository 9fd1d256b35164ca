"""One evaluation from the first episode to the report. It owns the output folder; the numbers are made elsewhere."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lamforge import __version__
from lamforge.domains import Domain, Task
from lamforge.errors import DataError, UsageError, bounded
from lamforge.evaluate.episodes import KEY, Episode, MakeAgent, Suite, play_all
from lamforge.evaluate.folder import claim, create
from lamforge.evaluate.queue import Progress
from lamforge.evaluate.report import render_report
from lamforge.evaluate.summary import Summary, summarise
from lamforge.journal import Journal, write_atomically
from lamforge.messages import content_id
from lamforge.simulate import MAX_TURNS, DoNothingAgent, ScriptedUser


async def evaluate_domain(
    domain: Domain,
    tasks: Sequence[Task],
    make_agent: MakeAgent,
    *,
    model: str,
    out: Path,
    trials: int = 4,
    seed: int = 0,
    concurrency: int = 8,
    max_turns: int = MAX_TURNS,
    made: dict[str, Any] | None = None,
    progress: Progress | None = None,
) -> Summary:
    """Scores an agent on a domain's tasks and writes everything into `out`.

    The folder gets `run.json` (how the numbers are made), `episodes.jsonl` (the journal), and at the end
    `trajectories.jsonl`, `summary.json` and `report.html`. After an interruption, even `kill -9`, the same call goes on
    where it stopped. Episodes that the engine breaks twice are listed, never scored; the next call tries them again,
    and until then the summary is not `complete`.

    Args:
        make_agent: Gives the agent of one episode for a sampling seed.
        model: The name that the results are filed under.
        trials: Episodes per task; they differ in the user's wording and in the sampling seed.
        concurrency: Episodes in flight.
        made: What else the numbers depend on: the model's digest, format variant, temperature…; plain JSON. A change
            of it, of the tasks, or of the domain makes another run.
        progress: Called after each episode with episodes done, episodes planned, episodes per second.
    Raises:
        UsageError: if there is nothing to play, or `out` holds another run.
        OutputError: if `out` cannot be written.
        DomainError, DataError: if the domain or a task is broken.
    """
    _check(domain, tasks, trials)
    suite = Suite(domain, list(tasks), trials, seed, max_turns)
    config = {
        "model": model,
        "domain": domain.name,
        "domain_digest": domain.digest,
        "execution": domain.execution,
        "tasks": len(tasks),
        "training_tasks": sum(task.split == "train" for task in tasks),
        "tasks_digest": content_id(*(task.as_dict() for task in tasks)),
        "trials": trials,
        "seed": seed,
        "max_turns": max_turns,
        "user": ScriptedUser.name,
        "lamforge": __version__,
        **(made or {}),
    }
    create(out)
    with Journal(out / "episodes.jsonl", key=KEY) as journal:
        claim(out / "run.json", config)
        broken = await play_all(
            suite, make_agent, model=model, journal=journal, concurrency=concurrency, progress=progress
        )
        order = {key: place for place, key in enumerate(suite.planned())}
        episodes = sorted(map(Episode.from_record, journal), key=lambda e: order[e.task_id, e.trial])
        baseline = [await suite.play(*key, lambda seed: DoNothingAgent()) for key in suite.planned()]
        summary = summarise(suite, episodes, broken, baseline, model=model, made=config)
        _write(out, suite, episodes, summary)
    return summary


def _check(domain: Domain, tasks: Sequence[Task], trials: int) -> None:
    if not tasks:
        raise UsageError("there is no task to score on", remedy="`lamforge generate multi` writes tasks-test.jsonl.")
    if trials < 1:
        raise UsageError(f"trials must be at least 1, not {trials}")
    seen: set[str] = set()
    for task in tasks:
        if task.task_id in seen:
            raise DataError(f"two tasks have the id {bounded(task.task_id)}", remedy="Give each task an id of its own.")
        seen.add(task.task_id)
        if task.domain != domain.name:
            raise DataError(
                f"is a task of domain {bounded(task.domain)}, not of {bounded(domain.name)}",
                where=f"task {bounded(task.task_id)}",
                remedy="Name its own domain with --domain.",
            )


def _write(out: Path, suite: Suite, episodes: list[Episode], summary: Summary) -> None:
    lines = (json.dumps(episode.trajectory.as_dict()) + "\n" for episode in episodes)
    write_atomically(out / "trajectories.jsonl", lines)
    write_atomically(out / "summary.json", json.dumps(summary.as_dict(), indent=2) + "\n")
    write_atomically(out / "report.html", render_report(summary, suite, episodes))
