"""`generate multi`: verified multi-turn tasks and conversations for one domain, durable and reproducible.

Each task depends on the seed and its number alone, so a run that was interrupted goes on where it stopped and ends with
the same bytes as one that was not.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from lamforge import __version__
from lamforge.domains import Domain
from lamforge.errors import GenerationError
from lamforge.generate.graph import Graph
from lamforge.generate.habits import Habits, learn_habits
from lamforge.generate.run_folder import Generated, claim, finish
from lamforge.generate.sampler import BlueprintSampler
from lamforge.journal import Journal
from lamforge.messages import content_id, derived_seed

DRAWS_PER_TASK = 200  # after so many draws without a new task the domain is taken to be exhausted

Progress = Callable[[int, int], None]  # (tasks done, tasks asked for)


def generate_multi(
    domain: Domain,
    out: Path,
    *,
    tasks: int,
    test_tasks: int,
    seed: int = 0,
    progress: Progress | None = None,
) -> Generated:
    """Writes `tasks` training and `test_tasks` held-out tasks with the training tasks' conversations into `out`.

    The two splits share no owner (customer), hence no blueprint. A conversation is kept only if format, execution,
    policy, state and outputs all hold.

    Raises:
        UsageError: if `out` holds another run.
        GenerationError: if no task can be made of the domain.
        OutputError: if `out` cannot be written.
    """
    config = {
        "domain": domain.name,
        "domain_digest": domain.digest,
        "tasks": tasks,
        "test_tasks": test_tasks,
        "seed": seed,
        "lamforge": __version__,
    }
    if (done := claim(out, config)) is not None:
        return done
    with Journal(out / "journal.jsonl") as journal:
        made = list(journal.read())
        unused = asyncio.run(_fill(domain, journal, made, config, progress))
        summary = finish(out, made, config, unused)
    (out / "journal.jsonl").unlink(missing_ok=True)
    return summary


def survey(domain: Domain) -> Habits:
    """What generation finds out about a domain before it starts: usable tools, and what the policy wants first."""
    return asyncio.run(learn_habits(domain, Graph(domain)))


async def _fill(
    domain: Domain, journal: Journal, made: list[dict[str, Any]], config: dict[str, Any], progress: Progress | None
) -> dict[str, str]:
    """Appends one journal record for each task that is still missing, in order."""
    graph = Graph(domain)
    habits = await learn_habits(domain, graph)
    sampler = BlueprintSampler(domain, graph, habits)
    seen = {task_id for record in made if record["task"] for task_id in _identities(record["task"])}
    numbers = [("train", n) for n in range(config["tasks"])] + [("test", n) for n in range(config["test_tasks"])]
    known = {(record["split"], record["number"]) for record in made}
    exhausted = {record["split"] for record in made if not record["task"]}
    for place, (split, number) in enumerate(numbers):
        if (split, number) in known or split in exhausted:
            continue
        rng = random.Random(derived_seed("task", domain.digest, config["seed"], split, number))
        record = await _make(sampler, domain, rng, config["seed"], split, number, seen)  # type: ignore[arg-type]
        if not record["task"]:
            exhausted.add(split)
        journal.append(record)
        made.append(record)
        if progress is not None:
            progress(place + 1, len(numbers))
    if not seen:
        reasons = Counter(reason for record in made for reason in record["reasons"])
        raise GenerationError(
            f"no task could be made; most frequent reason: {reasons.most_common(1)[0][0]}", where=domain.folder
        )
    return habits.unused


def _identities(task: dict[str, Any]) -> tuple[str, str]:
    """What no other task may share: its id, and what is wanted and done, whatever makes it hard."""
    goals = [[goal[key] for key in ("tool", "arguments", "question")] for goal in task["script"]["goals"]]
    return task["task_id"], content_id(task["script"]["facts"], goals, task["actions"], task["outputs"])


async def _make(
    sampler: BlueprintSampler,
    domain: Domain,
    rng: random.Random,
    seed: int,
    split: Literal["train", "test"],
    number: int,
    seen: set[str],
) -> dict[str, Any]:
    """Draws until a new task is proven; everything that was not is kept with its reason."""
    record: dict[str, Any] = {"split": split, "number": number, "task": None, "trajectory": None}
    record |= {"rejected": [], "reasons": []}
    for draw in range(DRAWS_PER_TASK):
        drawn = await sampler.draw(rng, split)
        if isinstance(drawn, str):
            record["reasons"].append(drawn)
            continue
        draft, persona, trajectory = drawn
        task = draft.task(domain, persona, split, {"seed": seed, "stream": f"{split}-{number}", "draws": draw + 1})
        identities = _identities(task.as_dict())
        if seen.intersection(identities):
            record["reasons"].append("duplicate")
            continue
        verdict = trajectory.verdict
        if trajectory.reward and verdict.format:
            seen.update(identities)
            return record | {"task": task.as_dict(), "trajectory": trajectory.as_dict()}
        failed = [
            check for check in ("format", "execution", "policy", "state", "outputs") if not getattr(verdict, check)
        ]
        reason = "verification: " + (", ".join(failed) or trajectory.ended)
        record["reasons"].append(reason)
        record["rejected"].append(
            {"stage": "verification", "reason": reason, "task": task.as_dict(), "trajectory": trajectory.as_dict()}
        )
    return record
