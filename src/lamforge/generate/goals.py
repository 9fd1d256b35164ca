"""Draws single goals: what a customer may want, tried out on the state before it is kept."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from lamforge.domains import Call, Domain, Environment
from lamforge.domains.speech import is_identifier, mentions
from lamforge.domains.wording import slots, spoken
from lamforge.generate.arguments import ArgumentSampler
from lamforge.generate.blueprint import Draft, answerable, dig
from lamforge.generate.finders import Finders
from lamforge.generate.graph import Graph
from lamforge.generate.habits import Habits, shared_arguments
from lamforge.generate.hardships import changeable
from lamforge.generate.hearing import turned
from lamforge.generate.names import leaves, singular
from lamforge.generate.plan import Finder, Step
from lamforge.generate.shapes import Kind, transfers
from lamforge.generate.talking import MANNERS
from lamforge.simulate import Goal, read_grammar

_OFFERS = 3  # things that the agent names when it cannot do what is wanted


@dataclass
class Drawn:
    """A goal with the step that deals with it."""

    goal: Goal
    step: Step
    call: Call | None = None  # what it does when tried out
    outputs: list[str] = field(default_factory=list)


class GoalSampler:
    """Draws goals of each kind for one domain."""

    def __init__(self, domain: Domain, graph: Graph, habits: Habits, finders: Finders) -> None:
        self._domain = domain
        self._graph = graph
        self._habits = habits
        self._finders = finders
        self._transfers = transfers(domain, habits.writes)
        self._unserved = read_grammar(MANNERS, "unserved")
        self._things = sorted(singular(table).replace("_", " ") for table in graph.owned_tables)

    def wishes(self, kind: Kind) -> list[tuple[str, str | None]]:
        """(tool, field of its result to ask about) that goals of a kind can be of."""
        questions: list[tuple[str, str | None]] = [*self._habits.questions]
        writes: list[tuple[str, str | None]] = [(tool, None) for tool in self._habits.writes]
        match kind:
            case "question":
                return questions
            case "found":
                return questions + writes
            case "transfer":
                return [(tool, None) for tool in self._transfers]
            case "withdrawn":
                return [wish for wish in writes if self._habits.confirm(wish[0])]
            case "unserved":
                return [("", None)]
        return writes

    def draw(
        self,
        kind: Kind,
        wish: tuple[str, str | None],
        draft: Draft,
        arguments: ArgumentSampler,
        environment: Environment,
        rng: random.Random,
    ) -> Drawn | None:
        """A goal of that kind and wish, or None if this draw gave none; its call was made in the environment."""
        tool, path = wish
        if kind == "unserved":
            return self._unserved_wish(rng)
        action = arguments.try_sample(tool)
        if action is None or any(g.tool == tool and g.arguments == self._known(action) for g in draft.script.goals):
            return None
        hints: dict[str, str] = {}
        finder = None
        if kind == "found":
            if (found := self._finders.find(action, arguments, environment, rng)) is None:
                return None
            name, value, finder, hint = found
            action, hints = {**action, name: value}, {name: hint}
        if path is not None:
            drawn = self._question(tool, path, action, environment, finder)
        else:
            drawn = self._write(kind, tool, draft, action, environment, finder)
        if drawn is not None:
            drawn.goal.hints = hints
            drawn.goal.arguments = {n: v for n, v in drawn.goal.arguments.items() if n not in hints}
        return drawn

    def _unserved_wish(self, rng: random.Random) -> Drawn:
        wish = self._unserved.compose("wish", rng).replace("{thing}", rng.choice(self._things or ["things"]))
        words = self._domain.wording
        asks = {tool: [a for a in turned(words.ask(tool)) if not slots(a)] for tool in self._habits.writes}
        able = [tool for tool in asks if asks[tool]]
        tools = rng.sample(able, min(_OFFERS, len(able)))
        offers = [rng.choice(asks[tool]) for tool in tools] or ["answer questions"]
        return Drawn(Goal(wish=wish), Step(offers=offers))

    def _question(
        self, tool: str, path: str, action: dict[str, Any], environment: Environment, finder: Finder | None
    ) -> Drawn | None:
        call = environment.execute(tool, action)
        value = dig(call.result, path) if call.ok else None
        if not answerable(value):
            return None
        key = next(iter(action)) if len(action) == 1 else None
        step = Step(
            action=action, finder=finder, lookup=tool if key else None, lookup_key=key, confirm=False, answer=value
        )
        return Drawn(Goal(tool=tool, arguments=self._known(action), question=path), step, call, [spoken(value)])

    def _write(
        self,
        kind: Kind,
        tool: str,
        draft: Draft,
        action: dict[str, Any],
        environment: Environment,
        finder: Finder | None,
    ) -> Drawn | None:
        if draft.shape in ("change", "alternative") and not changeable(self._domain, tool, action):
            return None
        before = environment.state_hash()
        call = environment.execute(tool, action)
        changed = environment.state_hash() != before
        if (kind != "refusal" and not changed) or (call.ok and not changed):
            return None  # a wish that changes nothing cannot be told from doing nothing
        key = next((name for name in action if name in self._graph.lookup), None)
        lookup = self._graph.lookup[key] if key else None
        prepare = shared_arguments(self._domain, self._habits.prepared.get(tool, []), action)
        step = Step(
            action=action,
            finder=finder,
            lookup=lookup,
            lookup_key=key,
            prepare=prepare,
            confirm=self._habits.confirm(tool),
        )
        outputs = []
        if not call.ok and lookup and key:
            shown = environment.execute(lookup, {key: action[key]}).result
            outputs = [v for _, v in leaves(shown) if isinstance(v, str) and not is_identifier(v) and len(v) > 3]
            outputs = [v for v in dict.fromkeys(outputs) if mentions(call.error or "", v)][:1]
        goal = Goal(tool=tool, arguments=self._known(action), withdrawn=kind == "withdrawn")
        return Drawn(goal, step, call, outputs)

    def _known(self, action: dict[str, Any]) -> dict[str, Any]:
        """What of a call the user knows: all but its own internal id."""
        return {name: value for name, value in action.items() if name not in self._graph.secrets}
