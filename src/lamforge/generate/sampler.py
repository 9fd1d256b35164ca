"""Draws blueprints: tasks from the state, found and proven by executing, with the plan that solves them.

Every goal is tried out before it is kept: a call that succeeds and breaks no rule is an action; one that a tool refuses
or a rule forbids becomes a refusal that the agent has to explain.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Literal

from lamforge.domains import Action, Domain, Environment
from lamforge.generate.arguments import ArgumentSampler
from lamforge.generate.blueprint import Draft
from lamforge.generate.finders import Finders
from lamforge.generate.goals import Drawn, GoalSampler
from lamforge.generate.graph import Graph
from lamforge.generate.habits import Habits
from lamforge.generate.hardships import add_hardships
from lamforge.generate.plan import Plan
from lamforge.generate.playing import broken_rules, play
from lamforge.generate.shapes import KINDS, TOGETHER, Kind, possible
from lamforge.messages import Trajectory
from lamforge.simulate import Script, personas

_WISHES, _TRIES = 5, 60  # for one goal: tools to try one after the other, draws for all of them, then it is given up
_REASONS = 2  # sentences of the policy that are said when several forbid something


class BlueprintSampler:
    """Draws drafts for one domain. All randomness is the caller's.

    Args:
        shapes: How frequent each is; by default all, as frequent as they are.
        mishears: In which share of the training conversations the teacher mishears something, if it can.
        strange_words: In which share of them the user speaks with words that nobody knows.
    """

    def __init__(
        self,
        domain: Domain,
        graph: Graph,
        habits: Habits,
        shapes: Mapping[str, float] | None = None,
        mishears: float = 0.0,
        strange_words: float = 0.0,
    ) -> None:
        self._domain = domain
        self._graph = graph
        self._habits = habits
        finders = Finders(domain, graph)
        self._goals = GoalSampler(domain, graph, habits, finders)
        self._troubles = {"mishears": mishears, "strange_words": strange_words}
        self._shapes = possible(domain, habits, bool(finders), shapes)

    async def draw(self, rng: random.Random, split: Literal["train", "test"]) -> tuple[Draft, str, Trajectory] | str:
        """A draft with its persona and the conversation that proves it, or the reason why this draw led nowhere."""
        owners = self._graph.owners(split)
        if self._graph.owner and not owners:
            return "no owner in this split"
        shape = rng.choices(list(self._shapes), weights=list(self._shapes.values()))[0]
        owner = rng.choice(owners) if owners else None
        draft = Draft(owner, shape, self._who(owner, rng), Plan())
        arguments = ArgumentSampler(self._graph, owner, owners, rng)
        environment = self._domain.environment()
        untouched = environment.state_hash()
        for kind in rng.choice(KINDS[shape]):
            if not await self._add_goal(kind, draft, arguments, environment, rng):
                return f"no {kind} goal for shape {shape}"
        if draft.actions and environment.state_hash() == untouched:
            return f"one goal undoes another for shape {shape}"
        idle = not draft.actions and not draft.outputs  # then doing nothing would be right
        if idle and self._habits.questions and not await self._add_goal("question", draft, arguments, environment, rng):
            return f"nothing to do or say for shape {shape}"
        if shape == "parallel":
            draft.script.together = TOGETHER
        if not add_hardships(self._domain, draft, arguments, rng):
            return f"nothing to decorate for shape {shape}"
        persona = rng.choice(personas())
        trajectory = await play(draft, self._domain, persona, split, **(self._troubles if split == "train" else {}))
        if not (trajectory.reward and trajectory.verdict.format):  # such troubles decide no task's fate
            trajectory = await play(draft, self._domain, persona, split)
        if shape == "parallel" and all(len(message.tool_calls or ()) < 2 for message in trajectory.messages):
            return "nothing to look up at once for shape parallel"
        return draft, persona, trajectory

    def _who(self, owner: str | None, rng: random.Random) -> Script:
        if owner is None or not self._graph.identify:
            return Script(goals=[])
        tool, names = rng.choice(self._graph.identify)
        return Script(facts=self._graph.facts(tool, names, owner), goals=[])

    async def _add_goal(
        self, kind: Kind, draft: Draft, arguments: ArgumentSampler, environment: Environment, rng: random.Random
    ) -> bool:
        """Adds a goal of a kind to the draft; False if none was found."""
        wishes = self._goals.wishes(kind)
        chosen = rng.sample(wishes, min(len(wishes), _WISHES))
        for wish in [wish for wish in chosen for _ in range(_TRIES // len(chosen))]:
            snapshot = environment.snapshot()
            drawn = self._goals.draw(kind, wish, draft, arguments, environment, rng)
            candidate = await self._permitted(kind, draft, drawn) if drawn is not None else None
            if candidate is None or kind in ("refusal", "withdrawn"):
                environment.restore(snapshot)
            if candidate is not None:
                draft.script, draft.plan = candidate.script, candidate.plan
                draft.actions, draft.outputs = candidate.actions, candidate.outputs
                return True
        return False

    async def _permitted(self, kind: Kind, draft: Draft, drawn: Drawn) -> Draft | None:
        """The draft with one goal more, if it can be played without breaking a rule; one to be refused is explained."""
        candidate = self._extended(draft, drawn)
        broken = broken_rules(self._domain, await play(candidate, self._domain))
        if kind == "refusal" and drawn.call is not None and drawn.call.ok:
            if not broken:
                return None  # it is allowed
            drawn.step = drawn.step.model_copy(update={"refuse": " ".join(broken[:_REASONS])})
            drawn.call, drawn.outputs = None, []
            candidate = self._extended(draft, drawn)
            broken = broken_rules(self._domain, await play(candidate, self._domain))
        return None if broken else candidate

    def _extended(self, draft: Draft, drawn: Drawn) -> Draft:
        """The draft with one goal more."""
        script = draft.script.model_copy(update={"goals": [*draft.script.goals, drawn.goal]})
        needs_identity = any(self._habits.identify(g.tool) for g in script.goals)
        needs_identity = needs_identity or any(
            self._graph.secrets & step.finder.arguments.keys()
            for step in (*draft.plan.steps, drawn.step)
            if step.finder is not None
        )
        tool = next((t for t, names in self._graph.identify if set(names) == set(script.facts)), None)
        ways = [names for _, names in self._graph.identify]
        plan = Plan(identify=tool if needs_identity else None, ways=ways, steps=[*draft.plan.steps, drawn.step])
        actions = list(draft.actions)
        if drawn.call is not None and drawn.call.ok and drawn.call.kind == "write" and not drawn.goal.withdrawn:
            actions.append(Action(name=drawn.goal.tool, arguments=drawn.step.action))
        return Draft(draft.owner, draft.shape, script, plan, actions, [*draft.outputs, *drawn.outputs])
