"""Calls that work: arguments from a domain's state, proven by executing, or made up from the schema of a tool."""

from __future__ import annotations

import random
from typing import Any

from lamforge.generate.arguments import ArgumentSampler
from lamforge.generate.graph import Graph
from lamforge.generate.single.execution import execute
from lamforge.generate.single.records import Answer
from lamforge.generate.single.toolbox import Toolbox
from lamforge.generate.single.values import NoValueError, ValueSampler

_TRIES = 40  # draws for one call of a domain's tool until the domain takes it
_OPTIONAL = (0, 0, 1, 1, 2, 3)  # optional arguments of a made-up call
_ORDERED = (  # names of values of which the first is not above the second
    ("start", "end"),
    ("from", "to"),
    ("min", "max"),
    ("minimum", "maximum"),
    ("low", "high"),
    ("begin", "end"),
    ("check_in", "check_out"),
    ("departure", "return"),
)


class CallSampler:
    """Draws calls for the tools of a box. All randomness is the caller's.

    Values of a domain's owners are those of the training split, so that held-out tasks stay unseen.
    """

    def __init__(self, toolbox: Toolbox) -> None:
        self._toolbox = toolbox
        self._graph = Graph(toolbox.domain) if toolbox.domain is not None else None
        self._owners = self._graph.owners("train") if self._graph is not None else []

    def draw(self, tool: str, rng: random.Random, before: tuple[Answer, ...] = ()) -> dict[str, Any] | None:
        """Arguments for a call, in the schema's order; None if none are found.

        Args:
            before: Calls that are executed first, in the same environment.
        """
        if not self._toolbox.executable(tool):
            drawn = (self._made_up(tool, rng) for _ in range(_TRIES))
            return next((each for each in drawn if Answer(name=tool, arguments=each or {}) not in before), None)
        for _ in range(_TRIES):
            arguments = self._from_state(tool, rng) or self._made_up(tool, rng)
            if arguments is not None:
                call = Answer(name=tool, arguments=arguments)
                if call not in before and execute(self._toolbox, [*before, call]).problem is None:
                    return arguments
        return None

    def unusable(self) -> dict[str, str]:
        """Tools that no call is found for, and why."""
        found = {}
        for tool in self._toolbox.names:
            rng = random.Random(tool)
            if self.draw(tool, rng) is None:
                reason = "the domain takes none of the calls that were tried"
                found[tool] = reason if self._toolbox.executable(tool) else self._reason(tool, rng)
        return found

    def _reason(self, tool: str, rng: random.Random) -> str:
        try:
            self._sampled(tool, rng)
        except NoValueError as error:
            return str(error)
        return "no arguments that its schema takes are found"

    def _from_state(self, tool: str, rng: random.Random) -> dict[str, Any] | None:
        assert self._graph is not None
        owner = rng.choice(self._owners) if self._owners else None
        return ArgumentSampler(self._graph, owner, self._owners, rng).try_sample(tool)

    def _made_up(self, tool: str, rng: random.Random) -> dict[str, Any] | None:
        for _ in range(3):
            try:
                arguments = self._sampled(tool, rng)
            except NoValueError:
                continue
            if not self._toolbox.problems(tool, arguments):
                return arguments
        return None

    def _sampled(self, tool: str, rng: random.Random) -> dict[str, Any]:
        properties, required = self._toolbox.properties(tool), self._toolbox.required(tool)
        values = ValueSampler(self._toolbox.parameters(tool), rng)
        others = [name for name in properties if name not in required]
        chosen = set(rng.sample(others, min(len(others), rng.choice(_OPTIONAL))))
        made: dict[str, Any] = {}
        for name, schema in properties.items():
            if name not in required and name not in chosen:
                continue
            try:
                made[name] = values.draw(name, schema)
            except NoValueError:
                if name in required:
                    raise
        _in_order(made)
        return made


def _in_order(arguments: dict[str, Any]) -> None:
    """Swaps values such as a start and an end that are the wrong way round."""
    for first, last in _ORDERED:
        for name in arguments:
            other = name.replace(first, last, 1)
            if other == name or other not in arguments:
                continue
            low, high = arguments[name], arguments[other]
            dated = isinstance(low, str) and isinstance(high, str) and low[:4].isdecimal() and high[:4].isdecimal()
            if (dated or not isinstance(low, str)) and type(low) is type(high) and not isinstance(low, dict | bool):
                arguments[name], arguments[other] = sorted((low, high))
