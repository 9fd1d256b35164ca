"""What is to be written next: style, tools, manner and examples, each drawn with its own frequency.

The samplers are APIGen's (arXiv 2406.18518): tools, seed examples, prompts. Everything is drawn from the caller's
random stream and from what a strand has done so far, so that it is the same however often a run is interrupted.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from lamforge.errors import UsageError
from lamforge.generate.roles import Single
from lamforge.generate.single.records import STYLES, Assignment, Style
from lamforge.generate.single.toolbox import Toolbox

_OTHERS = (1, 2, 2, 3, 4, 5)  # tools that are offered beside those that are meant
_UNRELATED_SHARE = 0.25  # of irrelevant queries that have nothing to do with any tool of the box
_TOO_ALIKE = 0.6  # then one tool could stand in for the other
_BARE_WEIGHT = 0.25  # of a tool without arguments: few different queries want it
_NEVER = 0.001  # weight of a style that has had its share


@dataclass
class History:
    """What a strand has done so far."""

    styles: Counter[str] = field(default_factory=Counter)  # pairs that were asked for
    tools: Counter[str] = field(default_factory=Counter)  # batches that were about a tool
    pool: list[dict[str, Any]] = field(default_factory=list)  # seeds, and items of earlier rounds


class Sampler:
    """Draws assignments.

    Args:
        usable: Tools that queries can be written for; others are offered at most.
    Raises:
        UsageError: if no style is left that these tools allow.
    """

    def __init__(self, toolbox: Toolbox, settings: Single, usable: Iterable[str]) -> None:
        self._toolbox = toolbox
        self._settings = settings
        self._usable = list(usable)
        self._askable = [name for name in self._usable if askable_arguments(toolbox, name)]
        self._varied = [name for name in self._usable if toolbox.properties(name)]
        self.left_out = self._impossible()
        weights = {style: getattr(settings.styles, style) for style in STYLES if style not in self.left_out}
        total = sum(weights.values())
        if not total:
            why = "; ".join(f"{style}: {reason}" for style, reason in self.left_out.items()) or "all frequencies are 0"
            raise UsageError(f"no style can be written for these tools ({why})", where="single.styles")
        self._shares = {style: weight / total for style, weight in weights.items() if weight}

    def draw(self, rng: random.Random, history: History, wanted: int, quota: int, batch: int) -> list[Assignment]:
        """Assignments for so many pairs; the history learns of them.

        Args:
            quota: Items of the whole strand: its styles come near their shares of it.
            batch: Pairs of one assignment at most.
        """
        found = []
        while wanted > 0:
            count = min(batch, wanted)
            wanted -= count
            style = self._style(rng, history, quota)
            targets, offered = self._tools(rng, style, history)
            history.styles[style] += count
            history.tools.update(targets)
            manners = self._settings.manners.model_dump()
            manner = rng.choices(list(manners), weights=_some(manners.values()))[0]
            examples = self._examples(rng, style, history.pool)
            seed = rng.getrandbits(63)
            found.append(Assignment(style, tuple(offered), tuple(targets), manner, tuple(examples), count, seed))
        return found

    def _impossible(self) -> dict[Style, str]:
        found: dict[Style, str] = {}
        if len(self._toolbox.names) < 2:
            found["multiple"] = "there is one tool only"
        if not self._varied:
            found["parallel"] = "no tool takes an argument"
        if len(self._usable) < 2:
            found["parallel_multiple"] = "fewer than two tools can be used"
        if not self._askable:
            found["missing_argument"] = "no tool needs an argument that could be asked for"
        return found

    def _style(self, rng: random.Random, history: History, quota: int) -> Style:
        planned = max(quota, history.styles.total() + 1)
        weights = [max(_NEVER, share * planned - history.styles[style]) for style, share in self._shares.items()]
        return rng.choices(list(self._shares), weights=weights)[0]

    def _tools(self, rng: random.Random, style: Style, history: History) -> tuple[list[str], list[str]]:
        """(targets, offered), offered in random order."""
        if style == "irrelevance":
            return self._withheld(rng, history)
        among = {"parallel": self._varied, "missing_argument": self._askable}.get(style, self._usable)
        count = min(len(among), rng.choice((2, 2, 2, 3))) if style == "parallel_multiple" else 1
        targets = self._targets(rng, among, history, count)
        others = [name for name in self._toolbox.names if name not in targets]
        if style == "missing_argument":
            others = [name for name in others if self._toolbox.likeness(name, targets[0]) < _TOO_ALIKE]
        least = {"simple": None, "parallel": None, "multiple": 1}.get(style, 0)
        more = 0 if least is None else max(least, min(len(others), rng.choice(_OTHERS) - (least == 0)))
        offered = [*targets, *rng.sample(others, min(more, len(others)))]
        return targets, rng.sample(offered, len(offered))

    def _withheld(self, rng: random.Random, history: History) -> tuple[list[str], list[str]]:
        names = self._toolbox.names
        if rng.random() >= _UNRELATED_SHARE:
            targets = self._targets(rng, self._usable, history, 1)
            others = [name for name in names if self._toolbox.likeness(name, targets[0]) < _TOO_ALIKE]
            others = [name for name in others if name not in targets]
            if others:
                return targets, rng.sample(others, min(len(others), rng.choice(_OTHERS)))
        return [], rng.sample(names, min(len(names), rng.choice(_OTHERS)))

    def _targets(self, rng: random.Random, among: list[str], history: History, count: int) -> list[str]:
        """Different tools; with "rare" those that were drawn seldom so far are preferred."""
        left, found = list(among), []
        for _ in range(count):
            weights = [self._weight(name, history) for name in left]
            found.append(left.pop(rng.choices(range(len(left)), weights=weights)[0]))
        return found

    def _weight(self, tool: str, history: History) -> float:
        weight = 1 / (1 + history.tools[tool]) ** 2 if self._settings.tools == "rare" else 1.0
        return weight if self._toolbox.properties(tool) else weight * _BARE_WEIGHT

    def _examples(self, rng: random.Random, style: Style, pool: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Items of the pool, those of the same style first."""
        count = min(len(pool), rng.randint(0, self._settings.examples))
        mine = [item for item in pool if item["style"] == style]
        others = [item for item in pool if item["style"] != style]
        chosen = rng.sample(mine, min(count, len(mine)))
        return chosen + rng.sample(others, count - len(chosen))


def askable_arguments(toolbox: Toolbox, tool: str) -> list[str]:
    """The required arguments that a person can be asked for; a switch is none."""
    found = []
    for name in toolbox.required(tool):
        schema = toolbox.properties(tool)[name]
        if not isinstance(schema, dict) or (schema.get("type") != "boolean" and "const" not in schema):
            found.append(name)
    return found


def _some(weights: Iterable[float]) -> list[float]:
    found = list(weights)
    if not any(found):
        raise UsageError("all frequencies are 0", where="single.manners")
    return found
