"""The generator that is a model: it is shown tools, a style, a manner and examples, and answers with strict JSON."""

from __future__ import annotations

import random
from typing import Any

from pydantic import Field, RootModel

from lamforge.generate.cast import Cast
from lamforge.generate.single.drawing import CallSampler
from lamforge.generate.single.records import ONE_TOOL, Assignment
from lamforge.generate.single.saying import words_of
from lamforge.generate.single.toolbox import Toolbox
from lamforge.simulate.prompting import Prompts
from lamforge.simulate.strict import ask_strictly

_WORKING = 2  # calls that are known to work, for each pair and tool that is meant


class _Batch(RootModel[list[Any]]):
    """The pairs, each to be checked by itself."""

    root: list[Any] = Field(min_length=1, max_length=200)


async def write(cast: Cast, toolbox: Toolbox, calls: CallSampler | None, assignment: Assignment) -> list[Any]:
    """What the generator answers an assignment with, at most as many entries as were asked for.

    Args:
        calls: Draws calls that a domain takes; the model cannot know what is in its state.
    Raises:
        UnreadableError: if it is no list in JSON, and is none when it is asked for again.
        EngineError, BudgetError: as `Client.ask` does.
    """
    role = cast.roles.generator
    prompt = prompt_for(cast.prompts, toolbox, calls, assignment)
    limits: dict[str, Any] = {"temperature": role.temperature, "max_tokens": role.max_tokens}
    said = await ask_strictly(cast.clients["generator"], prompt, _Batch, seed=assignment.seed % 2**31, **limits)
    return said.root[: assignment.count]


def prompt_for(prompts: Prompts, toolbox: Toolbox, calls: CallSampler | None, assignment: Assignment) -> str:
    """The prompt of an assignment; `prompts/single/generator.md` says with which values."""
    shown = ("query", "answers", "reply")
    return prompts.render(
        "generator",
        style=assignment.style,
        one_tool=assignment.style in ONE_TOOL,
        tools=[toolbox.described(name) for name in assignment.offered],
        targets=list(assignment.targets),
        withheld=[toolbox.described(name) for name in assignment.targets if name not in assignment.offered],
        manner=words_of("manners.yaml")[assignment.manner]["about"],
        working=_working(toolbox, calls, assignment) if calls is not None else [],
        examples=[{key: item[key] for key in shown if key in item} for item in assignment.examples],
        count=assignment.count,
    )


def _working(toolbox: Toolbox, calls: CallSampler, assignment: Assignment) -> list[dict[str, Any]]:
    """Calls of the meant tools that the domain takes as it stands."""
    rng = random.Random(assignment.seed)
    found: list[dict[str, Any]] = []
    for tool in assignment.targets:
        for _ in range(_WORKING * assignment.count if toolbox.executable(tool) else 0):
            arguments = calls.draw(tool, rng)
            call = {"name": tool, "arguments": arguments}
            if arguments is not None and call not in found:
                found.append(call)
    return found
