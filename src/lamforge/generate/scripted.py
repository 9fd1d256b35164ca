"""Tasks of the scripted teacher: drawn from the state, proven by being played."""

from __future__ import annotations

import random
from typing import Any, Literal

from lamforge.domains import Domain
from lamforge.errors import ServerError
from lamforge.generate.blueprint import Draft
from lamforge.generate.cast import Cast
from lamforge.generate.committee import review
from lamforge.generate.interplay import CHECKS
from lamforge.generate.kit import Kit
from lamforge.generate.proposal import Outcome, rejection
from lamforge.generate.sampler import BlueprintSampler
from lamforge.messages import content_id
from lamforge.simulate import error_kind, format_kind

DRAWS_PER_TASK = 200  # after so many draws without a new task the domain is taken to be exhausted
HOPELESS = 4  # draws in a row that a domain's server fails in


def identities(task: dict[str, Any]) -> tuple[str, str]:
    """What no other task may share: its id, and what is wanted and done, whatever makes it hard."""
    script = task["script"]
    if script is None:
        return task["task_id"], content_id(task["actions"], task["outputs"], task["instruction"])
    goals = [[goal[key] for key in ("tool", "arguments", "question")] for goal in script["goals"]]
    return task["task_id"], content_id(script["facts"], goals, task["actions"], task["outputs"])


async def make_task(
    sampler: BlueprintSampler,
    domain: Domain,
    rng: random.Random,
    seed: int,
    split: Literal["train", "test"],
    number: int,
    seen: set[str],
) -> dict[str, Any]:
    """The record of one task: draws until a new one is proven; everything that was not is kept with its reason."""
    record: dict[str, Any] = {"split": split, "number": number, "draw": 0, "task": None, "trajectories": []}
    record |= {"rejected": [], "reasons": []}
    failures = 0
    for draw in range(DRAWS_PER_TASK):
        try:
            drawn = await sampler.draw(rng, split)
            failures = 0
        except ServerError as error:
            failures += 1
            if failures == HOPELESS:
                raise
            drawn = f"server: {error.what}"
        if isinstance(drawn, str):
            record["reasons"].append(drawn)
            continue
        draft, persona, trajectory = drawn
        task = draft.task(domain, persona, split, {"seed": seed, "stream": f"{split}-{number}", "draws": draw + 1})
        if seen.intersection(identities(task.as_dict())):
            record["reasons"].append("duplicate")
            continue
        verdict = trajectory.verdict
        if trajectory.reward and verdict.format:
            seen.update(identities(task.as_dict()))
            return record | {"task": task.as_dict(), "trajectories": [trajectory.as_dict()]}
        failed = [check for check in CHECKS if not getattr(verdict, check)]
        reason = "verification: " + (", ".join(failed) or trajectory.ended)
        record["reasons"].append(reason)
        record["rejected"].append(
            {
                "stage": "verification",
                "reason": reason,
                "kind": error_kind(trajectory, task, domain) or format_kind(trajectory, domain) or "",
                "task": task.as_dict(),
                "trajectory": trajectory.as_dict(),
            }
        )
    return record


async def draw_blueprint(
    kit: Kit, cast: Cast, rng: random.Random, split: Literal["train", "test"], seed: int
) -> tuple[Outcome, Draft | None]:
    """A scripted blueprint that holds, for others to play; judges review it where there are any."""
    outcome = Outcome()
    for _ in range(DRAWS_PER_TASK):
        drawn = await kit.teacher.draw(rng, split)
        if isinstance(drawn, str) or not drawn[2].reward:
            continue
        draft, persona, trajectory = drawn
        provenance: dict[str, Any] = {"seed": seed, **cast.describe()}
        task = draft.task(kit.domain, persona, split, provenance)
        if cast.judges:
            told = {key: task.as_dict()[key] for key in ("instruction", "actions", "outputs")}
            reviews = await review(cast, kit.domain, told, trajectory.state_diff, seed)
            if not reviews.passed(cast.roles.passing):
                lacking = "/".join(metric for metric, granted in reviews.granted.items() if not granted)
                outcome.rejected.append(rejection("review", f"review: {lacking}", task.instruction, None, 0))
                return outcome, None
            task.provenance["reviews"] = [each.model_dump() for each in reviews.reviews]
        outcome.task = task
        outcome.owner = draft.owner
        return outcome, draft
    outcome.rejected.append(rejection("proposal", "exhausted", "no new task was found", None, 0))
    return outcome, None
