"""Which tools belong together: an edge where one's output can feed another's argument and the policy permits both.

Found by executing, for any domain (APIGen-MT, arXiv 2504.03601, section 3.2; random walks over it give tool sets).
"""

from __future__ import annotations

import random

from lamforge.domains import Action, Domain
from lamforge.generate.arguments import ArgumentSampler
from lamforge.generate.graph import Graph
from lamforge.generate.habits import Habits
from lamforge.generate.names import field_of, leaves, singular
from lamforge.generate.witness import broken_by
from lamforge.messages import derived_seed

_SAMPLES = 3  # successful calls of a tool that its outputs are learned from
_DRAWS = 60  # calls that are tried for them
_PAIRS = 12  # pairs of writes that are tried before the policy is taken to forbid them together


class ToolGraph:
    """The edges between a domain's usable tools."""

    def __init__(self, domain: Domain, graph: Graph, habits: Habits) -> None:
        self._domain = domain
        self._graph = graph
        self._habits = habits
        self.writes = list(habits.writes)
        self.reads = [n for n in domain.tool_names if n not in self.writes and n not in habits.unused]
        self.edges: dict[str, list[str]] = {}

    async def learn(self) -> None:
        """Finds the edges by executing."""
        given = {name: self._outputs(name) for name in (*self.reads, *self.writes)}
        wanted = {name: {field_of(argument) for argument in self._arguments(name)} for name in given}
        for name, outputs in given.items():
            fed = [other for other in given if other != name and outputs & wanted[other]]
            self.edges[name] = [other for other in fed if await self._permitted(name, other)]

    def walk(self, rng: random.Random, writes: int) -> list[str]:
        """Tools that a random walk meets until it has so many different writes; it starts anew in a dead end."""
        met: list[str] = [rng.choice(self.writes or self.reads)]
        for _ in range(8 * max(1, writes)):
            if sum(name in self.writes for name in met) >= writes:
                break
            following = [name for name in self.edges.get(met[-1], ()) if name not in met]
            fresh = [name for name in self.writes if name not in met]
            if not following and not fresh:
                break
            met.append(rng.choice(following or fresh))
        return met

    def _arguments(self, name: str) -> list[str]:
        tool = self._domain.tool(name)
        assert tool is not None
        return list(tool.parameters.get("properties", {}))

    def _outputs(self, name: str) -> set[str]:
        """Names of the fields that its results hold."""
        rng = random.Random(derived_seed("outputs", self._domain.digest, name))
        found: set[str] = set()
        owners = self._graph.owners("train")
        seen = 0
        for _ in range(_DRAWS):
            owner = rng.choice(owners) if owners else None
            arguments = ArgumentSampler(self._graph, owner, owners, rng).try_sample(name)
            call = self._domain.environment().execute(name, arguments) if arguments is not None else None
            if call is not None and call.ok:
                found |= {singular(field) for field, _ in leaves(call.result)}
                seen += 1
            if seen == _SAMPLES:
                break
        return found

    async def _permitted(self, first: str, second: str) -> bool:
        """Whether some customer may have both done, tried with real arguments; reads are always permitted."""
        if first not in self.writes or second not in self.writes:
            return True
        rng = random.Random(derived_seed("pair", self._domain.digest, first, second))
        owners = self._graph.owners("train")
        executed = False
        for _ in range(_PAIRS):
            owner = rng.choice(owners) if owners else None
            sampler = ArgumentSampler(self._graph, owner, owners, rng)
            drawn = [(name, sampler.try_sample(name)) for name in (first, second)]
            actions = [Action(name=name, arguments=arguments) for name, arguments in drawn if arguments is not None]
            environment = self._domain.environment()
            if len(actions) < 2 or not all(environment.execute(a.name, a.arguments).ok for a in actions):
                continue
            executed = True
            if not await broken_by(self._domain, self._graph, self._habits, owner, actions):
                return True
        return not executed  # where no pair could be executed, nothing speaks against it
