"""Blueprints that a language model proposes: written, checked, reviewed, revised until they hold, or given up."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from lamforge.domains import Action, Domain, Task
from lamforge.generate.cast import Cast
from lamforge.generate.checks import Problem, check, difference
from lamforge.generate.committee import Reviews, review, summarise
from lamforge.generate.kit import Kit
from lamforge.generate.material import Material
from lamforge.messages import Message, content_id, derived_seed
from lamforge.simulate import persona_text
from lamforge.simulate.strict import UnreadableError, ask_strictly


class Proposal(BaseModel):
    """What the generator must answer with."""

    model_config = ConfigDict(extra="forbid")

    instruction: str = Field(min_length=20, max_length=4000)
    actions: list[Action] = Field(max_length=20)
    outputs: list[str] = Field(max_length=20)


@dataclass
class Outcome:
    """What came of one task: a blueprint, or none; and everything that was rejected on the way."""

    task: Task | None = None
    owner: str | None = None
    rejected: list[dict[str, Any]] = field(default_factory=list)


async def propose(kit: Kit, cast: Cast, material: Material, split: Literal["train", "test"], seed: int) -> Outcome:
    """One blueprint of the material, after at most `revisions` rounds of feedback (Reflexion style)."""
    outcome = Outcome(owner=material.owner)
    messages = [Message(role="user", content=_prompt(kit.domain, cast, material))]
    role = cast.roles.generator
    for round in range(cast.roles.revisions + 1):
        drawn = derived_seed(seed, round) % 2**31
        writing: dict[str, Any] = {"temperature": role.temperature, "max_tokens": role.max_tokens}
        try:
            proposal = await ask_strictly(cast.clients["generator"], messages, Proposal, seed=drawn, **writing)
        except UnreadableError as error:
            outcome.rejected.append(rejection("format", "unreadable", str(error), None, round))
            continue
        problems = await check(kit, proposal, material.owner, material.data)
        reviews = None
        if not problems:
            reviews = await accepted(kit.domain, cast, proposal, drawn)
            if reviews is None or reviews.passed(cast.roles.passing):
                outcome.task = made(
                    kit.domain, cast, proposal, material.persona, split, seed, round, reviews, rules=material.rules
                )
                return outcome
        feedback = await _feedback(cast, proposal, problems, reviews, drawn)
        outcome.rejected += [rejection(p.stage, p.kind, p.text, proposal, round) for p in problems[:1]]
        if reviews is not None:
            lacking = "/".join(metric for metric, granted in reviews.granted.items() if not granted)
            kind = "review" if any(r.readable for r in reviews.reviews) else "unreadable review"
            outcome.rejected.append(rejection("review", f"{kind}: {lacking}", feedback, proposal, round))
        answer = f"<answer>{proposal.model_dump_json()}</answer>"
        messages += [
            Message(role="assistant", content=answer),
            Message(role="user", content=cast.prompts.render("revise", feedback=feedback)),
        ]
    return outcome


async def accepted(domain: Domain, cast: Cast, proposal: Proposal, seed: int) -> Reviews | None:
    """The committee's reviews, or None if there is no committee."""
    if not cast.judges:
        return None
    return await review(cast, domain, proposal.model_dump(), difference(domain, proposal.actions), seed)


def made(
    domain: Domain,
    cast: Cast,
    proposal: Proposal,
    persona: str,
    split: Literal["train", "test"],
    seed: int,
    rounds: int,
    reviews: Reviews | None,
    **further: Any,
) -> Task:
    """The finished task; its id depends on its content alone.

    Args:
        further: What else its provenance holds.
    """
    actions = [action.model_dump() for action in proposal.actions]
    provenance = {"teacher": "model", "seed": seed, "revisions": rounds, **cast.describe(), **further}
    if reviews is not None:
        provenance["reviews"] = [each.model_dump() for each in reviews.reviews]
    return Task(
        task_id=content_id(domain.digest, proposal.instruction, actions, proposal.outputs),
        domain=domain.name,
        instruction=proposal.instruction,
        actions=proposal.actions,
        outputs=proposal.outputs,
        persona=persona,
        split=split,
        provenance=provenance,
    )


def _prompt(domain: Domain, cast: Cast, material: Material) -> str:
    return cast.prompts.render(
        "generator",
        business=domain.description,
        policy=domain.policy,
        tools=material.tools,
        data=material.data,
        persona=persona_text(material.persona),
        rules=material.rules,
        examples=material.examples,
        writes=material.writes,
        identify=", ".join(name.replace("_", " ") for name in material.identify),
    )


async def _feedback(cast: Cast, proposal: Proposal, problems: list[Problem], reviews: Reviews | None, seed: int) -> str:
    if problems:
        return "\n".join(f"- {problem.text}" for problem in problems)
    assert reviews is not None
    return await summarise(cast, proposal.model_dump(), reviews, seed)


def rejection(stage: str, kind: str, text: str, proposal: Proposal | None, round: int) -> dict[str, Any]:
    """What `rejected.jsonl` holds of something that was not accepted."""
    shown = json.loads(proposal.model_dump_json()) if proposal is not None else None
    return {"stage": stage, "reason": f"{stage}: {kind}", "detail": text, "round": round, "proposal": shown}
