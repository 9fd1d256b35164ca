"""Reviews by several judges: a majority for each metric, and what cannot be read is a no."""

from __future__ import annotations

import asyncio
from typing import Any, Literal

from pydantic import BaseModel

from lamforge.domains import Domain
from lamforge.generate.cast import Cast
from lamforge.messages import derived_seed
from lamforge.simulate.strict import UnreadableError, ask_strictly
from lamforge.tools import bare

METRICS = ("correctness", "completeness", "satisfaction", "creativity")
_ANSWER = 1536  # tokens of a review


class Review(BaseModel):
    """What one judge says."""

    reflection: str = ""
    correctness: Literal[0, 1] = 0
    completeness: Literal[0, 1] = 0
    satisfaction: Literal[0, 1] = 0
    creativity: Literal[0, 1] = 0
    correction: str = ""
    readable: bool = True


class _Verdict(BaseModel):
    """A review as a judge must write it: nothing may be left out."""

    reflection: str
    correctness: Literal[0, 1]
    completeness: Literal[0, 1]
    satisfaction: Literal[0, 1]
    creativity: Literal[0, 1]
    correction: str = ""


class _Summary(BaseModel):
    summary: str


class Reviews(BaseModel):
    """What a committee says."""

    reviews: list[Review]

    @property
    def granted(self) -> dict[str, int]:
        """1 for each metric that more than half of the judges granted."""
        needed = len(self.reviews) / 2
        return {metric: int(sum(getattr(r, metric) for r in self.reviews) > needed) for metric in METRICS}

    def passed(self, passing: int) -> bool:
        """Whether enough metrics were granted."""
        return sum(self.granted.values()) >= passing


async def review(cast: Cast, domain: Domain, task: dict[str, Any], diff: list[Any], seed: int) -> Reviews:
    """The judges' reviews of a task that holds by all checks.

    Args:
        task: {"instruction", "actions", "outputs"}.
        diff: What its actions change, as JSON Patch.
    """
    prompt = cast.prompts.render(
        "judge",
        business=domain.description,
        policy=domain.policy,
        tools=[bare(tool) for tool in domain.tools],
        task=task,
        diff=diff,
    )

    async def ask(number: int) -> Review:
        judge, role = cast.judges[number], cast.roles.judges[number]
        drawn = derived_seed(seed, judge.role) % 2**31
        limit = min(role.max_tokens, _ANSWER)
        try:
            said = await ask_strictly(
                judge, prompt, _Verdict, seed=drawn, temperature=role.temperature, max_tokens=limit
            )
        except UnreadableError as error:
            return Review(reflection=f"unreadable: {error}", readable=False)
        return Review(**said.model_dump())

    return Reviews(reviews=list(await asyncio.gather(*(ask(number) for number in range(len(cast.judges))))))


async def summarise(cast: Cast, task: dict[str, Any], reviews: Reviews, seed: int) -> str:
    """What the task's author is told of the reviews."""
    said = [r for r in reviews.reviews if r.readable]
    missing = ", ".join(metric for metric, granted in reviews.granted.items() if not granted)
    lines = [r.correction or r.reflection for r in said]
    if not said:
        return f"Not granted: {missing}. No review could be read."
    prompt = cast.prompts.render(
        "reviewer", count=len(said), task=task, reviews=[r.model_dump(exclude={"readable"}) for r in said]
    )
    try:
        limit = min(cast.roles.engines()["reviewer"].max_tokens, _ANSWER)
        told = await ask_strictly(cast.clients["reviewer"], prompt, _Summary, seed=seed % 2**31, max_tokens=limit)
        return f"Not granted: {missing}. {told.summary}"
    except UnreadableError:
        return "\n".join([f"Not granted: {missing}.", *lines])
