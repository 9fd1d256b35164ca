"""What makes no difference to a right answer: the order of tools and parameters, and tools that nobody needs."""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Any

from lamforge.data.augmenting.tables import distractors
from lamforge.generate.single.toolbox import words
from lamforge.messages import Trajectory, canonical_json
from lamforge.tools import bare

Tool = dict[str, Any]

_ALIKE = 0.34  # share of the words of two tools, from which one could do the other's work
_MOST_POOL = 4096  # tools of the data that are drawn from
_MOST = 6  # that are added to a conversation


def shuffled(trajectory: Trajectory, rng: random.Random) -> Trajectory:
    """The conversation with its tools, their fields and their parameters in another order."""
    tools = [_shuffled_tool(tool, rng) for tool in trajectory.tools]
    rng.shuffle(tools)
    return trajectory.model_copy(update={"tools": tools})


def _shuffled_tool(tool: Tool, rng: random.Random) -> Tool:
    function = dict(bare(tool))
    parameters = function.get("parameters")
    if isinstance(parameters, dict) and isinstance(parameters.get("properties"), dict):
        properties = _reordered(parameters["properties"], rng)
        required = parameters.get("required")
        changed = {**parameters, "properties": properties}
        if isinstance(required, list):
            changed["required"] = rng.sample(required, len(required))
        function["parameters"] = _reordered(changed, rng)
    function = _reordered(function, rng)
    return {**tool, "function": function} if "function" in tool else function


def _reordered(values: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    return {key: values[key] for key in rng.sample(list(values), len(values))}


class Pool:
    """Tools that may distract: the tables' own, and those of the data."""

    def __init__(self, trajectories: Iterable[Trajectory] = ()) -> None:
        self._tools: dict[str, Tool] = {canonical_json(bare(tool)): tool for tool in distractors()}
        for trajectory in trajectories:
            if len(self._tools) >= _MOST_POOL:
                break
            for tool in trajectory.tools:
                self._tools.setdefault(canonical_json(bare(tool)), tool)
        self._words = [(tool, tool_words(tool), name_words(tool)) for tool in self._tools.values()]

    def draw(self, trajectory: Trajectory, rng: random.Random) -> list[Tool]:
        """Tools that a conversation has no use for: like none of its own, and of nothing that the user speaks of."""
        mine = [tool_words(tool) for tool in trajectory.tools]
        names = {bare(tool).get("name") for tool in trajectory.tools}
        heard = {each for message in trajectory.messages for each in words(message.content or "")}
        calls = any(message.tool_calls for message in trajectory.messages)
        found: list[Tool] = []
        for tool, described, named in rng.sample(self._words, min(len(self._words), 8 * _MOST)):
            if len(found) == min(_MOST, 1 + rng.randrange(max(1, len(mine)))):
                break
            spoken = (named if calls else described) & heard  # where no tool fits, none that might must come
            alike = any(likeness(described, other) >= _ALIKE for other in mine)
            if bare(tool).get("name") not in names and not spoken and not alike:
                found.append(tool)
                names.add(bare(tool).get("name"))
                mine.append(described)
        return found


def distracted(trajectory: Trajectory, rng: random.Random, pool: Pool) -> Trajectory | None:
    """The conversation with tools more that are of no use in it; None if there are none that certainly are not."""
    more = pool.draw(trajectory, rng)
    if not more:
        return None
    tools = list(trajectory.tools)
    for tool in more:
        tools.insert(rng.randint(0, len(tools)), tool)
    return trajectory.model_copy(update={"tools": tools})


def likeness(one: set[str], other: set[str]) -> float:
    """How much two tools are about the same, 0 to 1: the share of words that both have."""
    return len(one & other) / max(1, min(len(one), len(other)))


def tool_words(tool: Tool) -> set[str]:
    """The telling words of a tool's name and description."""
    return words(f"{bare(tool).get('name')} {bare(tool).get('description') or ''}")


def name_words(tool: Tool) -> set[str]:
    """The telling words of a tool's name."""
    return words(str(bare(tool).get("name")))
