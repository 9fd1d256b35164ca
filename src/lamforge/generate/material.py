"""What a generator is shown for one task: tools, data, rules, a persona and examples, each with a frequency of its own.

The frequencies themselves are drawn anew for each task (APIGen-MT, arXiv 2504.03601, section 3.2), so that tasks differ
in kind and not only in words.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any, Literal

from lamforge.domains import Domain
from lamforge.generate.graph import Graph
from lamforge.generate.names import leaves
from lamforge.generate.sampler import BlueprintSampler
from lamforge.generate.tool_graph import ToolGraph
from lamforge.messages import derived_seed
from lamforge.simulate import personas
from lamforge.tools import bare

_WRITES = {0: 10, 1: 40, 2: 30, 3: 15, 4: 5}  # writes of a task: relative frequencies
_OWNED = 12  # records of the customer that are shown at most
_OTHERS = 12  # records that nobody owns, such as products, that are shown at most
_RULES = (0, 1, 2, 3)
_EXAMPLES = (0, 1, 2)
_TRIES = 20  # draws of the scripted teacher for one example


@dataclass(frozen=True)
class Material:
    """What one task is to be made of."""

    owner: str | None
    persona: str
    writes: int
    tools: list[dict[str, Any]]
    data: dict[str, Any]
    rules: list[str]
    examples: list[dict[str, Any]]
    identify: list[str]  # the customer's fields that identify it


class MaterialSampler:
    """Draws material for one domain. All randomness is the caller's."""

    def __init__(self, domain: Domain, graph: Graph, tools: ToolGraph, teacher: BlueprintSampler) -> None:
        self._domain = domain
        self._graph = graph
        self._tools = tools
        self._teacher = teacher

    async def draw(self, rng: random.Random, split: Literal["train", "test"], customers: range) -> Material:
        """Material for one task of a split.

        Args:
            customers: Places of those among whom the owner is drawn; few, so that some have several tasks to recombine.
        """
        known = self._graph.owners(split)
        owners = list(dict.fromkeys(known[place % len(known)] for place in customers)) if known else []
        owner = rng.choice(owners) if owners else None
        writes = rng.choices(list(_WRITES), weights=list(_WRITES.values()))[0] if self._tools.writes else 0
        names = self._tools.walk(rng, writes)
        rules = [rule.sentence for rule in self._domain.rules]
        return Material(
            owner=owner,
            persona=persona_of(self._domain, owner, rng),
            writes=writes,
            tools=[bare(tool) for tool in self._domain.tools if bare(tool)["name"] in names],
            data=self._data(owner, rng),
            rules=rng.sample(rules, min(len(rules), rng.choice(_RULES))),
            examples=[e for _ in range(rng.choice(_EXAMPLES)) if (e := await self._example(rng)) is not None],
            identify=list(self._graph.identify[0][1]) if owner and self._graph.identify else [],
        )

    def _data(self, owner: str | None, rng: random.Random) -> dict[str, Any]:
        """The customer's records, and others that they or the tools speak of."""
        graph = self._graph
        shown: dict[str, Any] = {}
        places = list(graph.owned.get(owner or "", ()))
        places = rng.sample(places, min(len(places), _OWNED))
        if owner is not None:
            places.insert(0, (graph.owner or "", owner))
        values = {value for place in places for _, value in leaves(graph.record(place))}
        free = [
            (table, key)
            for table, records in graph.tables.items()
            if table not in graph.owned_tables and table != graph.owner
            for key in records
        ]
        near = [place for place in free if place[1] in values]
        far = [place for place in free if place[1] not in values]
        near = rng.sample(near, min(len(near), _OTHERS))
        places += near + rng.sample(far, min(len(far), _OTHERS - len(near)))
        for table, key in places:
            shown.setdefault(table, {})[key] = graph.record((table, key))
        return shown

    async def _example(self, rng: random.Random) -> dict[str, Any] | None:
        """A proven task of the training split, in the form that is asked for."""
        for _ in range(_TRIES):
            drawn = await self._teacher.draw(rng, "train")
            if not isinstance(drawn, str):
                draft, persona, _ = drawn
                task = draft.task(self._domain, persona, "train", {})
                return {key: task.as_dict()[key] for key in ("instruction", "actions", "outputs")}
        return None


def persona_of(domain: Domain, owner: str | None, rng: random.Random) -> str:
    """A customer always has the same persona, so that its tasks can be told as one; nobody's tasks have any."""
    known = personas()
    return known[derived_seed("persona", domain.digest, owner) % len(known)] if owner else rng.choice(known)
