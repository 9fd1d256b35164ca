"""What generation knows of a domain before it starts, learned once by executing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lamforge.domains import Domain
from lamforge.generate.graph import Graph
from lamforge.generate.habits import Habits, learn_habits
from lamforge.generate.material import MaterialSampler
from lamforge.generate.sampler import BlueprintSampler
from lamforge.generate.tool_graph import ToolGraph


@dataclass(frozen=True)
class Kit:
    """A domain with its graphs and habits."""

    domain: Domain
    graph: Graph
    habits: Habits
    tools: ToolGraph
    teacher: BlueprintSampler
    material: MaterialSampler


async def learn(domain: Domain, shapes: Mapping[str, float] | None = None) -> Kit:
    """Tries the domain's tools and rules.

    Raises:
        GenerationError: if no task can be made of the domain.
    """
    graph = Graph(domain)
    habits = await learn_habits(domain, graph)
    tools = ToolGraph(domain, graph, habits)
    await tools.learn()
    teacher = BlueprintSampler(domain, graph, habits, shapes)
    return Kit(domain, graph, habits, tools, teacher, MaterialSampler(domain, graph, tools, teacher))
