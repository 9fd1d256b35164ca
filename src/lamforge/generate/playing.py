"""Conversations of the scripted teacher and the scripted user, and what rules they broke."""

from __future__ import annotations

from random import Random
from typing import Literal

from lamforge.domains import Domain
from lamforge.generate.blueprint import Draft
from lamforge.generate.synthetic.wording import coined
from lamforge.generate.teacher import ScriptedAgent
from lamforge.messages import Trajectory, derived_seed
from lamforge.simulate import ScriptedUser, run_episode


async def play(
    draft: Draft,
    domain: Domain,
    persona: str = "plain",
    split: Literal["train", "test"] = "train",
    mishears: float = 0.0,
    strange_words: float = 0.0,
) -> Trajectory:
    """The scripted teacher and the scripted user hold the draft's conversation.

    Args:
        mishears: How likely the teacher mishears something once.
        strange_words: How likely the user speaks with words that nobody knows.
    """
    task = draft.task(domain, persona, split, {})
    agent = ScriptedAgent(draft.script, draft.plan, domain, mishears=mishears)
    drawn = Random(derived_seed("strange words", domain.digest, draft.script.model_dump_json())).random()
    user = ScriptedUser(task, domain, seed=0, coin=coined if drawn < strange_words else None)
    return await run_episode(agent, user, domain, task, seed=0)


def broken_rules(domain: Domain, trajectory: Trajectory) -> list[str]:
    """The sentences of the rules that a conversation broke."""
    failures = trajectory.verdict.failures
    return [r.sentence for r in domain.rules if any(f.startswith(f"{r.name}: ") for f in failures)]
