"""What a teacher mishears, so that what comes then can be learned: the user objects, or nothing is found.

It happens once in a conversation, or not at all. The mistakes have weight 0: training reads and does not learn them.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from itertools import permutations
from typing import Any, Literal

from lamforge.domains import Domain
from lamforge.domains.speech import is_identifier, mentions
from lamforge.domains.wording import slots
from lamforge.errors import DomainError, ServerError
from lamforge.generate.blueprint import typo
from lamforge.generate.hearing import Hearing
from lamforge.generate.plan import Plan
from lamforge.messages import derived_seed
from lamforge.simulate import Goal, Script, contradicts
from lamforge.tools import validate_arguments

_MOST_WORDS = 3  # before a name that are taken for it
_TRIES = 3  # wrong numbers, of which one is of no record
_AROUND = " \t\n.,:;!?-'\"()"

_Kind = Literal["wish", "name", "number"]


class Mishearing:
    """What is misheard in one conversation; each thing is returned once, or None.

    Args:
        share: How likely something is misheard where something can be.
    """

    def __init__(self, script: Script, plan: Plan, domain: Domain, hearing: Hearing, share: float) -> None:
        self._domain, self._hearing = domain, hearing
        self._random = random.Random(derived_seed("mishears", domain.digest, script.model_dump_json()))
        steps = list(zip(script.goals, plan.steps, strict=True))
        self._confirmed = [g for g, s in steps if s.confirm and not s.refuse and not g.question and not g.wish]
        kinds: list[_Kind] = ["wish", "wish"] if self._confirmed else []
        kinds += ["name"] if plan.identify and _names(script.facts) else []
        kinds += (
            ["number"] if any(s.lookup and is_identifier(g.arguments.get(s.lookup_key or "")) for g, s in steps) else []
        )
        hard = script.mistaken or script.together or any(goal.mistaken or goal.first_wish for goal in script.goals)
        heard_well = hard or not kinds or self._random.random() >= share
        self._kind: _Kind | None = None if heard_well else self._random.choice(kinds)
        self._wished: tuple[Goal, Goal] | None = None  # what the user wants, and what is heard

    def wish(self, goal: Goal) -> str | None:
        """Another request than the user's, as far as it was told, in the agent's words: said until the user objects."""
        other = self._other(goal)
        if other is None:
            return None
        heard = self._hearing.heard(goal)
        untold = [value for name, value in goal.arguments.items() if name not in heard]
        known = {n: v for n, v in other.arguments.items() if n in heard or n not in goal.arguments}
        return self._hearing.request(other, {n: v for n, v in known.items() if v not in untold})

    def summary(self, goal: Goal, known: dict[str, Any], found: dict[str, Any]) -> str | None:
        """Another request than the user's, to which it is asked to agree.

        Args:
            known: What user and agent know of the right one.
            found: What the agent worked out.
        """
        other = self._other(goal)
        if other is None:
            return None
        self._kind = self._wished = None
        arguments = {**known, **other.arguments} if other.tool == goal.tool else other.arguments
        return self._domain.wording.confirm(other.tool, arguments, found)

    def is_objected_to(self, text: str, goal: Goal) -> bool:
        """Whether the user will not agree to a text that asks for its yes."""
        return contradicts(text, goal.tool, goal.arguments, self._domain)

    def facts(self, tool: str, facts: dict[str, Any]) -> dict[str, Any] | None:
        """Who the user is, with something beside a name for the name, so that nobody is found."""
        if self._kind != "name":
            return None
        self._kind = None
        name = self._random.choice(_names(facts))
        return self._failing(tool, [{**facts, name: each} for each in self._beside(facts[name])])

    def key(self, tool: str, name: str, goal: Goal) -> Any | None:
        """Another number of a record than the one that the user told, under which there is none."""
        value = goal.arguments.get(name)
        if self._kind != "number" or not is_identifier(value):
            return None
        self._kind = None
        wrong = self._failing(tool, [{name: typo(value, self._random)} for _ in range(_TRIES)])
        return wrong[name] if wrong else None

    def _other(self, goal: Goal) -> Goal | None:
        """What is heard in place of a goal; None if there is nothing to which the user would object."""
        if self._wished is not None:
            return self._wished[1] if self._wished[0] is goal else None
        if self._kind != "wish" or goal not in self._confirmed:
            return None
        ways = [list(self._choices(goal)), list(self._values(goal)), list(self._tools(goal))]
        self._random.shuffle(ways)
        for way in ways:
            self._random.shuffle(way)
            for other in way:
                if self.is_objected_to(self._domain.wording.confirm(other.tool, other.arguments), goal):
                    self._wished = goal, other
                    return other
        return None

    def _choices(self, goal: Goal) -> Iterator[Goal]:
        """The goal with another choice."""
        for name, schema in self._properties(goal.tool).items():
            for choice in schema.get("enum", ()) if name in goal.arguments else ():
                yield goal.model_copy(update={"arguments": {**goal.arguments, name: choice}})

    def _values(self, goal: Goal) -> Iterator[Goal]:
        """The goal with one of its identifiers misread, or taken for another."""
        own = [name for name, value in goal.arguments.items() if is_identifier(value)]
        pairs = [(name, goal.arguments[other]) for name, other in permutations(own, 2)]
        for name, value in [*pairs, *((name, typo(goal.arguments[name], self._random)) for name in own)]:
            yield goal.model_copy(update={"arguments": {**goal.arguments, name: value}})

    def _tools(self, goal: Goal) -> Iterator[Goal]:
        """Other things that can be done, with what the user said as far as it fits and choices that nobody made."""
        for tool in self._domain.tool_names:
            declared = self._domain.tool(tool)
            if tool == goal.tool or declared is None or declared.kind != "write" or tool in self._domain.unusable:
                continue
            properties = self._properties(tool)
            drawn = {n: self._random.choice(s["enum"]) for n, s in properties.items() if s.get("enum")}
            arguments = {**drawn, **{n: v for n, v in goal.arguments.items() if n in properties}}
            said = self._domain.wording.tools.get(tool)
            if set(slots(said.confirm if said and said.confirm else "")) <= arguments.keys():
                yield Goal(tool=tool, arguments=arguments)

    def _properties(self, tool: str) -> dict[str, Any]:
        declared = self._domain.tool(tool)
        return dict(declared.parameters.get("properties", {})) if declared else {}

    def _beside(self, name: str) -> list[str]:
        """What the message that tells a name might have been taken for: words before it, the word behind, a part."""
        text = next((text for text in reversed(self._hearing.texts) if mentions(text, name)), name)
        before, behind = _around(text, name)
        most = min(len(before), self._random.randint(1, _MOST_WORDS))
        taken = [" ".join(before[:most]), " ".join(before[-most:]), " ".join([name, *behind[:1]])]
        taken += [" ".join([*before[:most], name]), *name.split()[:1]]
        taken = [each.strip(_AROUND) for each in self._random.sample(taken, len(taken))]
        return [each for each in taken if each and each.lower() != name.lower()]

    def _failing(self, tool: str, wrong: list[dict[str, Any]]) -> dict[str, Any] | None:
        """The first of some wrong arguments that the tool takes, and with which it finds nothing."""
        declared = self._domain.tool(tool)
        for arguments in wrong:
            try:
                if declared is None or validate_arguments(declared.parameters, arguments):
                    continue
                if not self._domain.environment().execute(tool, arguments).ok:
                    return arguments
            except (DomainError, ServerError):
                continue  # a tool that breaks on what nobody asks of it otherwise
        return None


def _names(facts: dict[str, Any]) -> list[str]:
    """The facts that are names, or other words."""
    return [name for name, value in facts.items() if isinstance(value, str) and value and not is_identifier(value)]


def _around(text: str, name: str) -> tuple[list[str], list[str]]:
    """The words before a name in a text, and those behind it."""
    found = re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE)
    start, end = found.span() if found else (0, len(text))
    return text[:start].split(), text[end:].split()
