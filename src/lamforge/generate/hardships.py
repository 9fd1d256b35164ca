"""What makes a drawn task hard: things not said, mistakes, changes of mind."""

from __future__ import annotations

import random
from typing import Any

from lamforge.domains import Domain
from lamforge.generate.arguments import ArgumentSampler
from lamforge.generate.blueprint import Draft, typo
from lamforge.generate.plan import Step
from lamforge.simulate import Goal

_SECOND_CHOICES = 40  # draws of a first choice that a tool refuses
_WITHHELD_SHARE = 0.2  # how often an argument is told only when asked for


def changeable(domain: Domain, tool: str, action: dict[str, Any]) -> list[str]:
    """Arguments about which a person may change its mind: a choice from a list, a new value."""
    declared = domain.tool(tool)
    assert declared is not None
    properties = declared.parameters["properties"]
    choices = [n for n in action if len(properties[n].get("enum", ())) > 1]
    return choices[:1] or [name for name in action if name.startswith("new_")]


def add_hardships(domain: Domain, draft: Draft, arguments: ArgumentSampler, rng: random.Random) -> bool:
    """Adds to a draft what its shape asks for; False if the draft has no place for it."""
    goals = draft.script.goals
    for goal in goals[draft.script.together :]:
        goal.withheld = [name for name in goal.arguments if rng.random() < _WITHHELD_SHARE]
    goal, step = goals[0], draft.plan.steps[0]
    if draft.shape == "missing":
        if not goal.arguments:
            return False
        goal.withheld = sorted({*goal.withheld, rng.choice(list(goal.arguments))}, key=list(goal.arguments).index)
    if draft.shape == "change":
        other = arguments.try_sample(goal.tool) or {}
        names = changeable(domain, goal.tool, step.action)
        goal.first_wish = {n: other[n] for n in names if n in other and other[n] != goal.arguments[n]}
        return bool(goal.first_wish)
    if draft.shape == "alternative":
        return _want_what_cannot_be(domain, goal, step, arguments)
    if draft.shape == "small_talk":
        draft.script.small_talk = rng.choice([["before"], ["after"], ["before", "after"]])
    if draft.shape == "recovery":
        return _make_mistake(domain, draft, goal, step, rng)
    return True


def _want_what_cannot_be(domain: Domain, goal: Goal, step: Step, arguments: ArgumentSampler) -> bool:
    """Gives the user a first choice that a tool refuses; the one of the blueprint is its second."""
    for _ in range(_SECOND_CHOICES):
        other = arguments.try_sample(goal.tool) or {}
        names = changeable(domain, goal.tool, step.action)
        first = {n: other[n] for n in names if n in goal.arguments and n in other and other[n] != goal.arguments[n]}
        call = domain.environment().execute(goal.tool, {**step.action, **first})
        if first and not call.ok:
            goal.first_wish, goal.insists, goal.withheld = first, True, []
            return True
    return False


def _make_mistake(domain: Domain, draft: Draft, goal: Goal, step: Step, rng: random.Random) -> bool:
    """Lets the user mistype the record's id or a fact about itself, so that a tool finds nothing."""
    facts = draft.script.facts
    if draft.plan.identify and rng.random() < 0.5:
        name = rng.choice(list(facts))
        draft.script.mistaken = {name: typo(facts[name], rng)}
        tool, wrong = draft.plan.identify, {**facts, **draft.script.mistaken}
    elif step.lookup and step.lookup_key in goal.arguments:
        goal.mistaken = {step.lookup_key: typo(goal.arguments[step.lookup_key], rng)}
        tool, wrong = step.lookup, dict(goal.mistaken)
    else:
        return False
    return not domain.environment().execute(tool, wrong).ok
