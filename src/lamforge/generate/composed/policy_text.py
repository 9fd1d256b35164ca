"""The `policy.md` of a composed domain."""

from __future__ import annotations

import random

from lamforge.generate.composed.rule import RuleText
from lamforge.generate.composed.sketch import Sketch
from lamforge.generate.english import capitalised


def policy_text(sketch: Sketch, rules: list[RuleText], rng: random.Random) -> str:
    """The policy in one of several layouts."""
    written = f"{sketch.today:%A}, {sketch.today.day} {sketch.today:%B %Y}"
    today = rng.choice([f"Today is {sketch.today.isoformat()}.", f"Today is {written} ({sketch.today.isoformat()})."])
    person, things = sketch.person.plural, sketch.business.about
    opening = rng.choice(
        [
            f"You are the assistant of {sketch.firm} and help {person} with {things}.",
            f"You work for {sketch.firm}. You look after the {things} of {person}, only through your tools.",
            f"{capitalised(sketch.firm)}: help {person} with their {things}, by the tools alone.",
            f"You answer {person} of {sketch.firm} who write about {things}.",
        ]
    )
    closing = rng.choice(
        [
            "When something is not possible, say so and why.",
            "Decline what the rules forbid, and say why.",
            "If a detail is missing, ask for it; never guess.",
            "Ask for what is missing. Explain every refusal.",
        ]
    )
    lines = [*(rule.policy for rule in rules), closing]
    layout = rng.choice(["bullets", "bullets", "numbers", "prose", "heading"])
    if layout == "prose":
        return f"{opening} {today} " + " ".join(lines) + "\n"
    if layout == "numbers":
        body = "\n".join(f"{number}. {line}" for number, line in enumerate(lines, 1))
    else:
        body = "\n".join(f"- {line}" for line in lines)
    head = f"# {sketch.firm}\n\n" if layout == "heading" else ""
    return f"{head}{opening} {today}\n\n{body}\n"
