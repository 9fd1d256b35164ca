"""Draws blueprints: tasks from the state, found and proven by executing, with the plan that solves them.

Every goal is tried out before it is kept: a call that succeeds and breaks no rule is an action; one that a tool refuses
or a rule forbids becomes a refusal that the agent has to explain.
"""

from __future__ import annotations

import random
from typing import Any, Literal

from lamforge.domains import Action, Call, Domain, Environment
from lamforge.domains.speech import is_identifier, mentions
from lamforge.domains.wording import spoken
from lamforge.generate.arguments import ArgumentSampler
from lamforge.generate.blueprint import Draft, Shape, answerable, dig
from lamforge.generate.graph import Graph, leaves
from lamforge.generate.habits import Habits, broken_rules, play, shared_arguments
from lamforge.generate.hardships import add_hardships, changeable
from lamforge.generate.teacher import Plan, Step
from lamforge.messages import Trajectory
from lamforge.simulate import Goal, Script, personas

SHAPES: dict[Shape, int] = {  # relative frequencies
    "information": 14,
    "action": 20,
    "actions": 12,
    "missing": 16,
    "refusal": 12,
    "change": 10,
    "recovery": 10,
    "mixed": 6,
}
_KINDS: dict[Shape, list[list[str]]] = {
    "information": [["question"], ["question"], ["question", "question"]],
    "action": [["write"]],
    "actions": [["write", "write"], ["write", "write"], ["write", "write", "write"]],
    "missing": [["write"]],
    "refusal": [["refusal"]],
    "change": [["write"]],
    "recovery": [["write"], ["question"]],
    "mixed": [["question", "write"], ["write", "question"], ["refusal", "write"], ["write", "refusal"]],
}
_WISHES, _TRIES = 5, 60  # for one goal: tools to try one after the other, draws for all of them, then it is given up


class BlueprintSampler:
    """Draws drafts for one domain. All randomness is the caller's."""

    def __init__(self, domain: Domain, graph: Graph, habits: Habits) -> None:
        self._domain = domain
        self._graph = graph
        self._habits = habits

    async def draw(self, rng: random.Random, split: Literal["train", "test"]) -> tuple[Draft, str, Trajectory] | str:
        """A draft with its persona and the conversation that proves it, or the reason why this draw led nowhere."""
        owners = self._graph.owners(split)
        if self._graph.owner and not owners:
            return "no owner in this split"
        shape = rng.choices(list(SHAPES), weights=list(SHAPES.values()))[0]
        owner = rng.choice(owners) if owners else None
        draft = Draft(owner, shape, self._who(owner, rng), Plan())
        arguments = ArgumentSampler(self._graph, owner, owners, rng)
        environment = self._domain.environment()
        for kind in rng.choice(_KINDS[shape]):
            if not await self._add_goal(kind, draft, arguments, environment, rng):
                return f"no {kind} goal for shape {shape}"
        if not add_hardships(self._domain, draft, arguments, rng):
            return f"nothing to decorate for shape {shape}"
        persona = rng.choice(personas())
        return draft, persona, await play(draft, self._domain, persona, split)

    def _who(self, owner: str | None, rng: random.Random) -> Script:
        if owner is None or not self._graph.identify:
            return Script(goals=[])
        _, names = rng.choice(self._graph.identify)
        record = self._graph.record((self._graph.owner or "", owner))
        return Script(facts={name: record[name] for name in names}, goals=[])

    async def _add_goal(
        self, kind: str, draft: Draft, arguments: ArgumentSampler, environment: Environment, rng: random.Random
    ) -> bool:
        asked: list[tuple[str, str | None]] = [*self._habits.questions]
        wishes = asked if kind == "question" else [(tool, None) for tool in self._habits.writes]
        chosen = rng.sample(wishes, min(len(wishes), _WISHES))
        for tool, path in [wish for wish in chosen for _ in range(_TRIES // len(chosen))]:
            snapshot = environment.snapshot()
            if path is not None:
                drawn = self._question(tool, path, arguments, environment)
            else:
                drawn = self._write(kind, tool, draft, arguments, environment)
            if drawn is None:
                environment.restore(snapshot)
                continue
            goal, step, call, outputs = drawn
            candidate = self._extended(draft, goal, step, call, outputs)
            broken = broken_rules(self._domain, await play(candidate, self._domain))
            if broken and kind == "refusal" and call.ok:
                step = step.model_copy(update={"refuse": broken[0]})
                candidate = self._extended(draft, goal, step, None, [])
                broken = broken_rules(self._domain, await play(candidate, self._domain))
            elif call.ok and kind == "refusal":
                broken = ["allowed"]
            if broken:
                environment.restore(snapshot)
                continue
            if kind == "refusal":
                environment.restore(snapshot)
            draft.script, draft.plan = candidate.script, candidate.plan
            draft.actions, draft.outputs = candidate.actions, candidate.outputs
            return True
        return False

    def _question(
        self, tool: str, path: str, arguments: ArgumentSampler, environment: Environment
    ) -> tuple[Goal, Step, Call, list[str]] | None:
        action = arguments.try_sample(tool)
        call = environment.execute(tool, action) if action is not None else None
        value = dig(call.result, path) if call is not None and call.ok else None
        if action is None or call is None or not answerable(value):
            return None
        key = next(iter(action)) if len(action) == 1 else None
        step = Step(action=action, lookup=tool if key else None, lookup_key=key, confirm=False, answer=value)
        return Goal(tool=tool, arguments=self._known(action), question=path), step, call, [spoken(value)]

    def _write(
        self, kind: str, tool: str, draft: Draft, arguments: ArgumentSampler, environment: Environment
    ) -> tuple[Goal, Step, Call, list[str]] | None:
        action = arguments.try_sample(tool)
        if action is None or any(g.tool == tool and g.arguments == self._known(action) for g in draft.script.goals):
            return None
        if draft.shape == "change" and not changeable(self._domain, tool, action):
            return None
        before = environment.state_hash()
        call = environment.execute(tool, action)
        changed = environment.state_hash() != before
        if (kind == "write" and not changed) or (call.ok and not changed):
            return None  # a wish that changes nothing cannot be told from doing nothing
        key = next((name for name in action if name in self._graph.lookup), None)
        lookup = self._graph.lookup[key] if key else None
        prepare = shared_arguments(self._domain, self._habits.prepared.get(tool, []), action)
        step = Step(action=action, lookup=lookup, lookup_key=key, prepare=prepare, confirm=self._habits.confirm(tool))
        outputs = []
        if not call.ok and lookup and key:
            shown = environment.execute(lookup, {key: action[key]}).result
            outputs = [v for _, v in leaves(shown) if isinstance(v, str) and not is_identifier(v) and len(v) > 3]
            outputs = [v for v in dict.fromkeys(outputs) if mentions(call.error or "", v)][:1]
        return Goal(tool=tool, arguments=self._known(action)), step, call, outputs

    def _extended(self, draft: Draft, goal: Goal, step: Step, call: Call | None, outputs: list[str]) -> Draft:
        """The draft with one goal more."""
        script = draft.script.model_copy(update={"goals": [*draft.script.goals, goal]})
        needs_identity = any(self._habits.identify(g.tool) for g in script.goals)
        tool = next((t for t, names in self._graph.identify if set(names) == set(script.facts)), None)
        ways = [names for _, names in self._graph.identify]
        plan = Plan(identify=tool if needs_identity else None, ways=ways, steps=[*draft.plan.steps, step])
        actions = list(draft.actions)
        if call is not None and call.ok and call.kind == "write":
            actions.append(Action(name=goal.tool, arguments=step.action))
        return Draft(draft.owner, draft.shape, script, plan, actions, [*draft.outputs, *outputs])

    def _known(self, action: dict[str, Any]) -> dict[str, Any]:
        """What of a call the user knows: all but its own internal id."""
        return {name: value for name, value in action.items() if name != self._graph.secret_key}
