"""The third check: other models read query, calls and results, and say whether they belong together."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any, Literal

from pydantic import BaseModel, Field

from lamforge.generate.cast import Cast
from lamforge.generate.single.checks import Examined, absent_arguments
from lamforge.generate.single.records import Assignment, Pair, Problem
from lamforge.generate.single.toolbox import Toolbox
from lamforge.messages import derived_seed
from lamforge.simulate.strict import UnreadableError, ask_strictly

_ANSWER = 1024  # tokens of a verdict
REASONS = {  # what a judge may give as its reason -> the paper's rule (arXiv 2406.18518), as statistics name it
    "arguments": "wrong objective or arguments",
    "function": "wrong function",
    "number": "wrong number of calls",
    "irrelevant": "irrelevant result",
    "error": "error in the result",
}


class _Said(BaseModel):
    """What a judge must write."""

    thought: str
    passed: Literal["yes", "no"] = Field(alias="pass")
    reason: str = ""


class Opinion(BaseModel):
    """What one judge says; an answer that cannot be read is a no."""

    passed: bool = False
    reason: str = "unreadable"
    thought: str = ""


async def judge(
    cast: Cast, toolbox: Toolbox, assignment: Assignment, found: Examined, seed: int
) -> tuple[list[Opinion], Problem | None]:
    """The judges' opinions, and the problem if not more than half of them say yes.

    Raises:
        EngineError, BudgetError: as `Client.ask` does.
    """
    assert found.pair is not None
    prompt = _prompt(cast, toolbox, assignment, found, found.pair)

    async def ask(number: int) -> Opinion:
        client, role = cast.judges[number], cast.roles.judges[number]
        drawn = derived_seed(seed, client.role) % 2**31
        limits: dict[str, Any] = {"temperature": role.temperature, "max_tokens": min(role.max_tokens, _ANSWER)}
        try:
            said = await ask_strictly(client, prompt, _Said, seed=drawn, **limits)
        except UnreadableError as error:
            return Opinion(thought=str(error))
        passed = said.passed == "yes"
        return Opinion(passed=passed, reason="" if passed else REASONS.get(said.reason, "other"), thought=said.thought)

    opinions = list(await asyncio.gather(*(ask(number) for number in range(len(cast.judges)))))
    if 2 * sum(each.passed for each in opinions) > len(opinions):
        return opinions, None
    reasons = Counter(each.reason for each in opinions if not each.passed)
    told = next(each.thought for each in opinions if not each.passed and each.reason == reasons.most_common(1)[0][0])
    return opinions, Problem("semantic", reasons.most_common(1)[0][0], told)


def _prompt(cast: Cast, toolbox: Toolbox, assignment: Assignment, found: Examined, pair: Pair) -> str:
    calls = [answer.model_dump() for answer in pair.answers]
    return cast.prompts.render(
        "judge",
        style=assignment.style,
        tools=[toolbox.described(name) for name in assignment.offered],
        query=pair.query,
        calls=calls if not pair.reply else [],
        results=found.execution.results if assignment.style != "irrelevance" else [],
        executed=found.execution.outcome == "passed" and not pair.reply,
        reply=pair.reply,
        absent=absent_arguments(toolbox, pair) if assignment.style == "missing_argument" else [],
    )
