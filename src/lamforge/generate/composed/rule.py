"""What the rules of a composed domain are made of, and what they are written with."""

from __future__ import annotations

import random
from dataclasses import dataclass

from lamforge.generate.composed.business import Action, Deed
from lamforge.generate.composed.parts import Part
from lamforge.generate.composed.sketch import Sketch


@dataclass
class RuleText:
    """One rule: its name, what is said to a person, how the policy puts it, and the body of its test."""

    name: str
    sentence: str
    policy: str
    body: str


@dataclass
class Book:
    """A domain whose rules are written. All randomness is the caller's."""

    sketch: Sketch
    parts: list[Part]
    rng: random.Random

    def choose(self, *options: str) -> str:
        """One of them."""
        return self.rng.choice(options)

    def doing(self, *deeds: Deed) -> list[tuple[Part, Action]]:
        """The tools for these deeds."""
        return [(part, part.action) for part in self.parts if part.action and part.action.deed in deeds]
