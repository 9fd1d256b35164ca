"""`lamforge eval domain`: a domain's tasks on the runner that all suites share."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from lamforge.domains import Domain, Task
from lamforge.errors import DataError, UsageError, bounded
from lamforge.evaluate.baselines import baseline_plays
from lamforge.evaluate.conversations import episode_detail
from lamforge.evaluate.episodes import DomainSuite, MakeAgent
from lamforge.evaluate.report import Report, write_report
from lamforge.evaluate.reports import EXPLANATION, conversation_report
from lamforge.evaluate.results import write_results
from lamforge.evaluate.rows import Row
from lamforge.evaluate.runner import Options, Outcome, run_suite
from lamforge.evaluate.scores import scores
from lamforge.evaluate.summary import BrokenEpisode, Summary
from lamforge.evaluate.user_effort import UserEffort
from lamforge.journal import write_atomically
from lamforge.messages import content_id
from lamforge.simulate import MAX_TURNS, ScriptedUser
from lamforge.simulate.grammar import HELD_OUT


async def evaluate_domain(
    domain: Domain,
    tasks: Sequence[Task],
    make_agent: MakeAgent,
    options: Options,
    *,
    seed: int = 0,
    max_turns: int = MAX_TURNS,
    held_out: bool = False,
) -> Summary:
    """Scores an agent on a domain's tasks and writes everything into the folder of the options.

    Besides what `run_suite` writes, the folder gets `trajectories.jsonl`, `results.jsonl`, `details.jsonl`,
    `summary.json`, `report.html` and `report.md`.

    Args:
        make_agent: Gives the agent of one episode for a sampling seed.
        options: Trials of a task differ in the user's wording and in the sampling seed.
        held_out: The user speaks in words that no training conversation was written with.
    Raises:
        UsageError: if there is nothing to play, or the folder holds another run.
        OutputError: if it cannot be written.
        DomainError, DataError: if the domain or a task is broken.
    """
    _check(domain, tasks, options.trials)
    suite = DomainSuite(domain, tasks, seed=seed, max_turns=max_turns, held_out=held_out)
    identity = {
        "domain": domain.name,
        "domain_digest": domain.digest,
        "execution": domain.execution,
        "seed": seed,
        "max_turns": max_turns,
        "user": ScriptedUser.name,
        **({"wording": _held_out_wording(domain)} if held_out else {}),
        **options.identity,
    }
    options = replace(options, identity=identity)
    name = f"domain {domain.name}{_splits(tasks)}{', held-out wording' if held_out else ''}"
    summary, _ = await evaluate_episodes(suite, make_agent, options, name, seed=seed)
    return summary


async def evaluate_episodes(
    suite: DomainSuite,
    make_agent: MakeAgent,
    options: Options,
    name: str,
    *,
    seed: int,
    about: dict[str, Any] | None = None,
    explanation: str = EXPLANATION,
) -> tuple[Summary, Outcome]:
    """Plays and scores a suite of conversations, and writes everything into the folder of the options.

    Args:
        name: Of the suite, for people.
        seed: Of the intervals.
        about: What else the reader should know of how the numbers were made.
        explanation: What makes a conversation right, for the report.
    Raises:
        As `run_suite` does.
    """
    outcome = await run_suite(suite, suite.player(make_agent), options, baseline_plays(suite.idle_player))
    ended = [suite.trajectory(row.record).ended for row in outcome.rows if row.state == "answered"]
    outgrown = {"outgrown": ended.count("context")} if "context" in ended else {}
    known = {**outgrown, "training_tasks": sum(task.split == "train" for task in suite.tasks.values()), **(about or {})}
    users = suite.user_effort(outcome.rows)
    summary = summarise(outcome, options, name, name.removeprefix("domain "), seed, known, users)
    _write(options.out, suite, outcome, conversation_report(summary, suite.domain.policy, explanation), summary)
    return summary, outcome


def summarise(
    outcome: Outcome,
    options: Options,
    suite: str,
    subject: str,
    seed: int,
    about: dict[str, Any],
    users: UserEffort | None = None,
) -> Summary:
    """The numbers of an outcome, for suites whose score is the share of episodes that passed.

    Args:
        about: What else the reader should know of how the numbers were made.
        users: What the users took that are models.
    """
    found = scores(outcome.results, options.trials, seed=seed, baselines=outcome.baselines)
    broken = [BrokenEpisode(r.task_id, r.trial, r.error) for r in outcome.results if not r.scored]
    return Summary(
        **vars(found),
        model=options.model,
        suite=suite,
        subject=subject,
        part=options.part,
        broken=broken,
        made={**outcome.made, **about},
        users=users,
    )


def _held_out_wording(domain: Domain) -> str:
    """The words of a held-out user, with what tells another version of them apart."""
    version = content_id(HELD_OUT.read_text(encoding="utf-8"), domain.held_out_wording.model_dump())
    return f"held-out {version}"


def _splits(tasks: Sequence[Task]) -> str:
    """Which tasks they are, unless they are the held-out ones, as everybody expects."""
    splits = {task.split for task in tasks}
    return "" if splits == {"test"} else ", training tasks" if splits == {"train"} else ", training and test tasks"


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


def _write(out: Path, suite: DomainSuite, outcome: Outcome, report: Report, summary: Summary) -> None:
    answered = [row for row in outcome.rows if row.state == "answered"]
    marked = (_marked(suite.trajectory(row.record).as_dict(), suite.provenance(row.task_id)) for row in answered)
    write_atomically(out / "trajectories.jsonl", (json.dumps(each) + "\n" for each in marked))
    details = [_detail(suite, row) for row in outcome.rows]
    write_results(out, outcome.results, details)
    write_atomically(out / "summary.json", json.dumps(summary.as_dict(), indent=2) + "\n")
    write_report(out, report, outcome.results, details)


def _marked(trajectory: dict[str, Any], marks: dict[str, Any]) -> dict[str, Any]:
    return {**trajectory, "provenance": {**trajectory.get("provenance", {}), **marks}} if marks else trajectory


def _detail(suite: DomainSuite, row: Row) -> dict[str, Any]:
    task = suite.tasks[row.task_id]
    if row.state == "error":
        return {"instruction": task.instruction, "failures": [row.error]}
    trajectory = suite.trajectory(row.record)
    return episode_detail(trajectory, task, suite.seen(trajectory))
