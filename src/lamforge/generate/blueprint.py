"""A blueprint while it grows, and the small pieces it is made of: instructions, typing errors, answers."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any, Literal

from lamforge.domains import Action, Domain, Task
from lamforge.domains.wording import spoken
from lamforge.generate.plan import Plan
from lamforge.messages import content_id
from lamforge.simulate import Script

_LONGEST_ANSWER = 60  # characters of a value that people would ask for


@dataclass
class Draft:
    """A blueprint while it grows."""

    owner: str | None
    shape: str  # see `shapes.py`
    script: Script
    plan: Plan
    actions: list[Action] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)

    def task(self, domain: Domain, persona: str, split: Literal["train", "test"], provenance: dict[str, Any]) -> Task:
        """The finished task; its id depends on its content alone."""
        script = self.script.model_dump()
        actions = [action.model_dump() for action in self.actions]
        return Task(
            task_id=content_id(domain.digest, script, actions, self.outputs),
            domain=domain.name,
            instruction=instruction(self.script),
            actions=self.actions,
            outputs=self.outputs,
            persona=persona,
            split=split,
            provenance={"teacher": "scripted", "shape": self.shape, **provenance},
            script=script,
        )


def instruction(script: Script) -> str:
    """A script as the instruction that any user simulator can play from."""
    sentences = []
    if script.facts:
        known = ", ".join(f"{_plain(name)} {spoken(value)}" for name, value in script.facts.items())
        sentences.append(f"You are a customer; you know your {known}.")
    for goal in script.goals:
        details = ", ".join(f"{_plain(name)} {spoken(value)}" for name, value in goal.arguments.items())
        wish = f"find out the {_plain(goal.question)}" if goal.question else goal.wish or _plain(goal.tool)
        sentences.append(f"You want to {wish}" + (f" ({details})." if details else "."))
        sentences += [f"You do not know the {_plain(name)}, but {hint}." for name, hint in goal.hints.items()]
        if goal.withdrawn:
            sentences.append("When you are asked to confirm it, you take that back and want nothing to be changed.")
        if goal.insists and goal.first_wish:
            first = ", ".join(f"{_plain(name)} {spoken(value)}" for name, value in goal.first_wish.items())
            sentences.append(f"At first you ask for {first}; only when that cannot be done, you want the other.")
    return " ".join(sentences)


def _plain(name: str) -> str:
    return name.replace("_", " ").replace(".", " ")


def typo(value: Any, rng: random.Random) -> Any:
    """The value with one character wrong, as people mistype it: a digit replaced, or a letter doubled."""
    if isinstance(value, int):
        return int(typo(str(value), rng))
    text = str(value)
    digits = [i for i, character in enumerate(text) if character.isdigit()]
    if digits:
        place = rng.choice(digits)
        return text[:place] + rng.choice([d for d in "0123456789" if d != text[place]]) + text[place + 1 :]
    letters = [i for i, character in enumerate(text.split("@")[0]) if character.isalpha()] or [0]
    place = rng.choice(letters)
    return text[: place + 1] + text[place:]


def dig(value: Any, path: str) -> Any:
    """The value at a dotted path such as "items.0.name", or None."""
    for part in path.split("."):
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value


def answerable(value: Any) -> bool:
    """Whether a value is one that a person asks for and an agent can say."""
    return (
        isinstance(value, str | int | float) and not isinstance(value, bool) and 0 < len(str(value)) <= _LONGEST_ANSWER
    )
