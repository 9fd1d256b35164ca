"""Reverse task recombination: two proven tasks of one customer become one longer task.

Their actions and outputs are joined and executed again, the policy's rules are run over them together, and a model
writes one instruction for both (APIGen-MT, arXiv 2504.03601, section 3.2).
"""

from __future__ import annotations

import random
from collections import defaultdict
from typing import Any

from pydantic import BaseModel, Field

from lamforge.domains import Task
from lamforge.generate.cast import Cast
from lamforge.generate.checks import check
from lamforge.generate.committee import summarise
from lamforge.generate.kit import Kit
from lamforge.generate.proposal import Outcome, Proposal, accepted, made, rejection
from lamforge.messages import Message, derived_seed
from lamforge.simulate import persona_text
from lamforge.simulate.strict import UnreadableError, ask_strictly

Source = tuple[str | None, Task]  # the customer, and a blueprint of theirs


class _Instruction(BaseModel):
    instruction: str = Field(min_length=20, max_length=6000)


async def recombine(kit: Kit, cast: Cast, sources: list[Source], rng: random.Random, seed: int) -> Outcome:
    """One blueprint made of two of the sources that belong to one customer, hence to one persona."""
    pair = _pair(sources, rng)
    if pair is None:
        return Outcome(rejected=[rejection("recombination", "no pair", "no customer has two tasks", None, 0)])
    owner, parts = pair
    outcome = Outcome(owner=owner)
    joined: dict[str, Any] = {
        "actions": [action for part in parts for action in part.actions],
        "outputs": list(dict.fromkeys(output for part in parts for output in part.outputs)),
    }
    instructions = [part.instruction for part in parts]
    messages = [Message(role="user", content=_prompt(kit, cast, instructions, parts[0].persona))]
    role = cast.roles.generator
    for round in range(cast.roles.revisions + 1):
        drawn = derived_seed(seed, round) % 2**31
        writing: dict[str, Any] = {"temperature": role.temperature, "max_tokens": role.max_tokens}
        try:
            told = await ask_strictly(cast.clients["generator"], messages, _Instruction, seed=drawn, **writing)
        except UnreadableError as error:
            outcome.rejected.append(rejection("recombination", "unreadable", str(error), None, round))
            continue
        proposal = Proposal(instruction=told.instruction[:4000], **joined)
        problems = await check(kit, proposal, owner, [part.outputs for part in parts])
        if conflict := [p for p in problems if p.stage != "format"]:
            outcome.rejected.append(rejection("recombination", conflict[0].kind, conflict[0].text, proposal, round))
            return outcome  # the tasks do not go together, whatever is said of them
        reviews = None if problems else await accepted(kit.domain, cast, proposal, drawn)
        if not problems and (reviews is None or reviews.passed(cast.roles.passing)):
            origin: dict[str, Any] = {"made_of": [part.task_id for part in parts]}
            origin["rules"] = list(dict.fromkeys(rule for part in parts for rule in part.provenance.get("rules", ())))
            outcome.task = made(
                kit.domain, cast, proposal, parts[0].persona, parts[0].split, seed, round, reviews, **origin
            )
            return outcome
        feedback = "\n".join(f"- {problem.text}" for problem in problems)
        if reviews is not None:
            feedback = await summarise(cast, proposal.model_dump(), reviews, drawn)
        outcome.rejected.append(
            rejection("recombination", "review" if reviews else "format", feedback, proposal, round)
        )
        messages += [
            Message(role="assistant", content=f"<answer>{told.model_dump_json()}</answer>"),
            Message(role="user", content=cast.prompts.render("revise", feedback=feedback)),
        ]
    return outcome


def _prompt(kit: Kit, cast: Cast, instructions: list[str], persona: str) -> str:
    return cast.prompts.render(
        "recombine",
        business=kit.domain.description,
        instructions=instructions,
        persona=persona_text(persona),
    )


def _pair(sources: list[Source], rng: random.Random) -> tuple[str | None, list[Task]] | None:
    """Two different tasks of one customer."""
    by_owner: dict[Any, list[Task]] = defaultdict(list)
    for owner, task in sources:
        by_owner[owner or task.persona].append(task)
    able = [(key, tasks) for key, tasks in by_owner.items() if len({task.task_id for task in tasks}) > 1]
    if not able:
        return None
    key, tasks = rng.choice(able)
    distinct = list({task.task_id: task for task in tasks}.values())
    owners = {owner for owner, _ in sources}
    return (key if key in owners else None), rng.sample(distinct, 2)
