"""Whether the policy permits actions at all: an ideal conversation is played and judged.

A blueprint has no conversation yet, and rules judge conversations. The scripted teacher holds one in which everything
is done as the policy wants: customers are identified, records looked up, prices quoted, wishes confirmed. What is still
broken then is broken by the actions themselves.
"""

from __future__ import annotations

from lamforge.domains import Action, Domain
from lamforge.generate.blueprint import Draft
from lamforge.generate.graph import Graph
from lamforge.generate.habits import Habits, shared_arguments
from lamforge.generate.plan import Plan, Step
from lamforge.generate.playing import broken_rules, play
from lamforge.messages import Trajectory
from lamforge.simulate import Goal, Script


async def witness(domain: Domain, graph: Graph, habits: Habits, owner: str | None, actions: list[Action]) -> Trajectory:
    """The ideal conversation about the actions."""
    return await play(_draft(graph, habits, owner, actions), domain)


async def broken_by(
    domain: Domain, graph: Graph, habits: Habits, owner: str | None, actions: list[Action]
) -> list[str]:
    """The sentences of the rules that the actions break, however they are talked about."""
    return broken_rules(domain, await witness(domain, graph, habits, owner, actions)) if actions else []


def _draft(graph: Graph, habits: Habits, owner: str | None, actions: list[Action]) -> Draft:
    facts, identify = {}, None
    if owner is not None and graph.identify:
        identify, names = graph.identify[0]
        facts = graph.facts(identify, names, owner)
    goals, steps = [], []
    for action in actions:
        known = {name: value for name, value in action.arguments.items() if name not in graph.secrets}
        key = next((name for name in action.arguments if name in graph.lookup), None)
        goals.append(Goal(tool=action.name, arguments=known))
        steps.append(
            Step(
                action=action.arguments,
                lookup=graph.lookup[key] if key else None,
                lookup_key=key,
                prepare=shared_arguments(graph.domain, habits.prepared.get(action.name, []), action.arguments),
                confirm=habits.confirm(action.name),
            )
        )
    wanted = any(habits.identify(action.name) for action in actions)
    plan = Plan(identify=identify if wanted else None, ways=[names for _, names in graph.identify], steps=steps)
    return Draft(owner, "actions", Script(facts=facts, goals=goals), plan, list(actions))
